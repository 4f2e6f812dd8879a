// The sizes of a convolution: a fine image, a coarse one, and how they lie on each other.
override BATCH: u32;
override FINE_HEIGHT: u32;
override FINE_WIDTH: u32;
override FINE_CHANNELS: u32;
override COARSE_HEIGHT: u32;
override COARSE_WIDTH: u32;
override COARSE_CHANNELS: u32;
override KERNEL: u32;
override STRIDE: u32;
override PAD_TOP: u32;
override PAD_LEFT: u32;
