// dweight[a,b,q,p] = Σ coarse[n,i,j,p] · fine[n, i·S−P+a, j·S−P+b, q], as conv2d_grad_weight.wgsl, coarse pixel by coarse pixel
// of all images, past those whose fine pixel is outside: for adapters that run on a CPU, images and channels q, p in fours,
// and a sum that need not be cut.
// A workgroup computes TILE_ROWS triples (a, b, q) by TILE_COLS channels p.
// @import shared/taps_*.wgsl
// @import shared/grad_weight.wgsl
