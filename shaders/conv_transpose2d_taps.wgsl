// y[n,v,h,q] = leaky(bias[q] + Σ x[n,i,j,p] · weight[a,b,q,p]) over v = i·S−P+a, h = j·S−P+b, as conv_transpose2d.wgsl, tap
// by tap: for adapters that run on a CPU, and channels q, p in fours.
// A workgroup computes TILE_ROWS rows, pixel by pixel of all images, of the phase workgroup_id.z by TILE_COLS channels q.
// @import shared/taps_*.wgsl
// @import shared/transposed.wgsl
// @import shared/rows_by_pixel.wgsl
