// dweight[a,b,q,p] = Σ coarse[n,i,j,p] · fine[n, i·S−P+a, j·S−P+b, q], the sum over all coarse pixels (n, i, j).
// coarse is [N, CH, CW, CC], fine [N, FH, FW, FC], dweight [K, K, FC, CC].
// The sum is long and the result small, so that it is cut into intervals of CHUNK pixels: split z writes its own partial
// [SPLITS, K, K, FC, CC], and sum_partials adds them in order. With one split, that partial is dweight itself.
// A workgroup computes TILE_ROWS triples (a, b, q) by TILE_COLS channels p of the split workgroup_id.z; k counts pixels.
// @import shared/gemm_*.wgsl
// @import shared/grad_weight.wgsl
