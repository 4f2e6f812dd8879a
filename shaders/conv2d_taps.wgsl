// y[n,i,j,p] = leaky(bias[p] + Σ x[n, i·S−P+a, j·S−P+b, q] · weight[a,b,q,p]), as conv2d.wgsl, tap by tap: for adapters that
// run on a CPU, and channels q, p in fours.
// A workgroup computes TILE_ROWS rows, pixel by pixel of all images, by TILE_COLS channels p.
// @import shared/taps_*.wgsl
// @import shared/forward.wgsl
// @import shared/rows_by_pixel.wgsl
