// y[n,v,h,q] = leaky(bias[q] + Σ x[n,i,j,p] · weight[a,b,q,p]), the sum over p and all a, b, i, j with v = i·S−P+a and
// h = j·S−P+b: the gradient of conv2d in its input. x is the coarse image, y the fine one, weight [K, K, FC, CC].
// Source: Dumoulin & Visin, A guide to convolution arithmetic for deep learning (2016), in gather form: the fine pixels
// of one phase, (v+P) mod S = r, meet only the taps a = r, r+S, …, so that no inserted zero is multiplied.
// A workgroup computes TILE_ROWS pixels (n, v, h) of the phase workgroup_id.z by TILE_COLS channels q; k counts the
// taps of the phase and p.
// @import shared/gemm_*.wgsl
// @import shared/transposed.wgsl
// @import shared/rows_by_image.wgsl
