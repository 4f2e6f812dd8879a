// Channels by four, for which one load does where four would be.
alias Element = vec4f;
const WIDTH = 4u;
