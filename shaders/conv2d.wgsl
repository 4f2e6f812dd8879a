// y[n,i,j,p] = leaky(bias[p] + Σ x[n, i·S−P+a, j·S−P+b, q] · weight[a,b,q,p]), the sum over a, b < K and q.
// x is the fine image [N, FH, FW, FC], y the coarse one [N, CH, CW, CC], weight [K, K, FC, CC].
// Source: Chellapilla et al., High Performance Convolutional Neural Networks for Document Processing (2006), without
// their matrix of patches: find_a gathers it while it is multiplied.
// A workgroup computes TILE_ROWS pixels (n, i, j) by TILE_COLS channels p; k counts (a, b, q).
// @import shared/gemm_*.wgsl
// @import shared/forward.wgsl
// @import shared/rows_by_image.wgsl
