// Any number of channels, one an invocation.
alias Element = f32;
const WIDTH = 1u;
