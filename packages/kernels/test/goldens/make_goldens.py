"""Computes the golden files with fixed seeds: PyTorch in float64, the reference that the float64 twins are tested against.

    python make_goldens.py --out DIR          write the full set
    python make_goldens.py --out DIR --small  write what is committed: no case above 100 kB of the first three files, no dcgan_64
    python make_goldens.py --check            write nothing: finite differences, naive loops, and the error of a float32 run

Needs numpy, scipy and torch (CPU). The rule: inputs are rounded to float32 FIRST, everything is then computed in
float64, and every output is stored as the float32 nearest to the float64 result.
Conventions and tensor names: README.md.
"""
import argparse, json, math, os, struct
import numpy as np, scipy.sparse as sp, scipy.sparse.linalg as spla, torch, torch.nn.functional as F

DT = torch.float64                                     # the type of the computation; --check also runs torch.float32

# ---------------------------------------------------------------- container

class File:
    """A safetensors file: 8-byte LE header length, JSON header padded with spaces to 8 bytes, raw little-endian data."""
    def __init__(self, name, **meta): self.name, self.meta, self.t = name, meta, {}
    def put(self, key, a):
        a = a.detach().cpu().numpy() if torch.is_tensor(a) else np.asarray(a)
        assert key not in self.t, key
        if a.dtype.kind in 'iub': self.t[key] = np.ascontiguousarray(a, '<i4')
        else: self.t[key] = np.array(a, np.float64, order='C')      # rounded to float32 in write()
    def get(self, key): return self.t[key]
    def drop_cases_over(self, limit):
        """Forgets every case (what stands before the slash) whose float32 values take more than `limit` bytes."""
        size = {}
        for k, a in self.t.items(): size[k.split('/')[0]] = size.get(k.split('/')[0], 0) + 4 * a.size
        self.t = {k: a for k, a in self.t.items() if size[k.split('/')[0]] <= limit}; self.meta = {k: v for k, v in self.meta.items() if size.get(k, 0) <= limit}
    def write(self, folder):
        head, blob, at = {'__metadata__': {k: v if isinstance(v, str) else json.dumps(v) for k, v in self.meta.items()}}, [], 0
        for k in sorted(self.t):
            a = self.t[k]; a = a if a.dtype == np.dtype('<i4') else a.astype('<f4')
            assert np.isfinite(a).all(), k
            head[k] = {'dtype': 'I32' if a.dtype == np.dtype('<i4') else 'F32', 'shape': list(a.shape), 'data_offsets': [at, at + a.nbytes]}
            blob.append(a.tobytes()); at += a.nbytes
        h = json.dumps(head, separators=(',', ':')).encode(); h += b' ' * (-len(h) % 8)
        with open(os.path.join(folder, self.name + '.safetensors'), 'wb') as f: f.write(struct.pack('<Q', len(h)) + h + b''.join(blob))

def read(path):
    raw = open(path, 'rb').read(); n = struct.unpack('<Q', raw[:8])[0]; head = json.loads(raw[8:8 + n]); meta = head.pop('__metadata__', {})
    return {k: np.frombuffer(raw, {'F32': '<f4', 'I32': '<i4'}[e['dtype']], int(np.prod(e['shape'], dtype=np.int64)), 8 + n + e['data_offsets'][0]).reshape(e['shape']) for k, e in head.items()}, meta

def r32(a): return np.asarray(a, np.float32).astype(np.float64)      # the rounding of inputs
def T(a, grad=False): return torch.tensor(np.asarray(a), dtype=DT, requires_grad=grad)
def N(t): return t.detach().cpu().numpy().astype(np.float64)

# ---------------------------------------------------------------- primitives (NHWC)

def same_pads(n, k, s):
    """TensorFlow SAME for an image side n: (before, after); the output side is ceil(n/s)."""
    tot = max((-(-n // s) - 1) * s + k - n, 0); return tot // 2, tot - tot // 2

def conv2d(x, w, stride, pad):
    """x [N,H,W,in], w [kh,kw,in,out], pad (top,bottom,left,right)."""
    t, b, l, r = pad
    return F.conv2d(F.pad(x.permute(0, 3, 1, 2), (l, r, t, b)).contiguous(), w.permute(3, 2, 0, 1).contiguous(), stride=stride).permute(0, 2, 3, 1)

def conv_transpose2d(x, w, stride, pad, out):
    """x [N,h,w,in], w [kh,kw,out,in], out (H,W): y[s*i + k - before] += x[i] w[k], what falls outside is dropped."""
    y = F.conv_transpose2d(x.permute(0, 3, 1, 2).contiguous(), w.permute(3, 2, 0, 1).contiguous(), stride=stride)
    H, W = out; t, _, l, _ = pad; y = F.pad(y, (0, max(0, l + W - y.shape[3]), 0, max(0, t + H - y.shape[2])))
    return y[:, :, t:t + H, l:l + W].permute(0, 2, 3, 1)

def lrelu(x): return torch.where(x >= 0, x, 0.2 * x)              # slope 1 at 0
def relu(x): return torch.where(x > 0, x, torch.zeros_like(x))    # slope 0 at 0
ACT = {'none': lambda x: x, 'relu': relu, 'lrelu': lrelu}
def softplus(u): return torch.clamp(u, min=0) + torch.log1p(torch.exp(-u.abs()))

EPS, MOM = 1e-5, 0.9
def bn_stats(x): ax = tuple(range(x.dim() - 1)); m = x.mean(ax); return m, ((x - m) ** 2).mean(ax)
def bn_apply(x, m, v, gamma, beta): return (x - m) / torch.sqrt(v + EPS) * gamma + beta

def block_mean(x, r): n, h, w, c = x.shape; return x.reshape(n, h // r, r, w // r, r, c).mean((2, 4))

def window_weights(M, n, border):
    """M [H,W], 1 = known. W = M * (mean of 1-M over the n x n window). border 'symmetric': the window always has n*n
    cells, the image continues mirrored, edge repeated. 'count': only the cells inside the image, divided by their number."""
    h = n // 2; H, W = M.shape; out = np.zeros((H, W)); inv = 1.0 - M
    if border == 'symmetric': P = np.pad(inv, h, mode='symmetric')
    for i in range(H):
        for j in range(W):
            if border == 'symmetric': out[i, j] = P[i:i + n, j:j + n].sum() / (n * n)
            else: s = inv[max(0, i - h):i + h + 1, max(0, j - h):j + h + 1]; out[i, j] = s.sum() / s.size
    return out * (M != 0)

# ---------------------------------------------------------------- 1. convolutions

CONV = [  # name, N, H, W, in, out, k, stride, pad ('same' or a number)
    ('k5s2_8x8_3to8', 2, 8, 8, 3, 8, 5, 2, 'same'),
    ('k5s2_16x16_8to16', 3, 16, 16, 8, 16, 5, 2, 'same'),
    ('k5s2_8x12_5to7', 1, 8, 12, 5, 7, 5, 2, 'same'),
    ('k5s2_odd_7x9_3to4', 2, 7, 9, 3, 4, 5, 2, 'same'),
    ('k5s2_mixed_6x9_4to5', 3, 6, 9, 4, 5, 5, 2, 'same'),
    ('k5s2_2x2_6to3', 2, 2, 2, 6, 3, 5, 2, 'same'),
    ('k5s2_1x1_3to2', 2, 1, 1, 3, 2, 5, 2, 'same'),
    ('k5s2_64x64_3to8', 1, 64, 64, 3, 8, 5, 2, 'same'),
    ('k5s2_8x8_64to32', 2, 8, 8, 64, 32, 5, 2, 'same'),
    ('k5s2_4x4_20to33', 3, 4, 4, 20, 33, 5, 2, 'same'),
    ('k4s2p1_8x8_3to6', 2, 8, 8, 3, 6, 4, 2, 1),
    ('k4s2p1_16x12_5to7', 1, 16, 12, 5, 7, 4, 2, 1),
    ('k4s1p0_4x4_10to1', 3, 4, 4, 10, 1, 4, 1, 0),
    ('k4s1p0_6x5_3to5', 1, 6, 5, 3, 5, 4, 1, 0),
    ('k3s1_5x7_4to4', 2, 5, 7, 4, 4, 3, 1, 'same'),
]
CONVT = [  # name, N, H, W (of the OUTPUT), in, out, k, stride, pad
    ('k5s2_8x8_8to3', 2, 8, 8, 8, 3, 5, 2, 'same'),
    ('k5s2_16x16_16to8', 3, 16, 16, 16, 8, 5, 2, 'same'),
    ('k5s2_8x12_7to5', 1, 8, 12, 7, 5, 5, 2, 'same'),
    ('k5s2_odd_7x9_4to3', 2, 7, 9, 4, 3, 5, 2, 'same'),
    ('k5s2_mixed_6x9_5to4', 3, 6, 9, 5, 4, 5, 2, 'same'),
    ('k5s2_2x2_3to6', 2, 2, 2, 3, 6, 5, 2, 'same'),
    ('k5s2_64x64_8to3', 1, 64, 64, 8, 3, 5, 2, 'same'),
    ('k5s2_8x8_64to32', 2, 8, 8, 64, 32, 5, 2, 'same'),
    ('k5s2_8x8_33to20', 3, 8, 8, 33, 20, 5, 2, 'same'),
    ('k4s2p1_8x8_6to3', 2, 8, 8, 6, 3, 4, 2, 1),
    ('k4s2p1_16x12_7to5', 1, 16, 12, 7, 5, 4, 2, 1),
    ('k4s1p0_4x4_10to12', 3, 4, 4, 10, 12, 4, 1, 0),
    ('k4s1p0_6x5_5to3', 1, 6, 5, 5, 3, 4, 1, 0),
]

def geometry(H, W, k, s, pad):
    if pad == 'same': p = same_pads(H, k, s) + same_pads(W, k, s); return p, -(-H // s), -(-W // s)
    return (pad,) * 4, (H + 2 * pad - k) // s + 1, (W + 2 * pad - k) // s + 1

def run_conv(fn, x, w, dy):
    x, w = T(x, True), T(w, True); y = fn(x, w); dx, dw = torch.autograd.grad(y, (x, w), T(dy)); return N(y), N(dx), N(dw)

def make_conv(cases, seed, transpose):
    f = File('conv_transpose2d' if transpose else 'conv2d', layout='NHWC; conv w [kh,kw,in,out]; transposed conv w [kh,kw,out,in]')
    for i, (name, n, H, W, ci, co, k, s, pad) in enumerate(cases):
        rng = np.random.default_rng([seed, i, int(transpose)]); p, h, w_ = geometry(H, W, k, s, pad)
        if transpose: x = (n, h, w_, ci); w = (k, k, co, ci); y = (n, H, W, co); fn = lambda a, b: conv_transpose2d(a, b, s, p, (H, W))
        else: x = (n, H, W, ci); w = (k, k, ci, co); y = (n, h, w_, co); fn = lambda a, b: conv2d(a, b, s, p)
        x, w, dy = r32(rng.standard_normal(x)), r32(rng.standard_normal(w) * 0.2), r32(rng.standard_normal(y))
        f.meta[name] = dict(n=n, in_hw=[h, w_] if transpose else [H, W], out_hw=[H, W] if transpose else [h, w_], cin=ci, cout=co, k=k, stride=s, pad_tblr=list(p))
        for key, v in dict(x=x, w=w, dy=dy).items(): f.put(f'{name}/{key}', v)
        for key, v in zip(('y', 'dx', 'dw'), run_conv(fn, x, w, dy)): f.put(f'{name}/{key}', v)
        for key, v in zip(('y_mag', 'dx_mag', 'dw_mag'), run_conv(fn, abs(x), abs(w), abs(dy))): f.put(f'{name}/{key}', v)
    return f

# ---------------------------------------------------------------- 2. batch norm

BN = [('4x4x8', (4, 4, 4, 8), 'normal'), ('3x5x7', (2, 3, 5, 7), 'normal'), ('8x8x3_batch1', (1, 8, 8, 3), 'normal'), ('2x2x70', (3, 2, 2, 70), 'normal'),
      ('offset', (4, 4, 4, 5), 'offset'), ('constant', (2, 3, 3, 4), 'constant'), ('32x32x2', (3, 32, 32, 2), 'normal')]

def make_bn(cases, seed):
    f = File('batch_norm', eps='1e-5', momentum='0.9', variance='biased, also in the running variance', lrelu='0.2')
    for i, (name, shape, kind) in enumerate(cases):
        rng = np.random.default_rng([seed, i]); c = shape[-1]; x = rng.standard_normal(shape) * (0.5 + rng.random(c)) + rng.standard_normal(c)
        if kind == 'offset': x = rng.standard_normal(shape) * 0.1 + 50 * np.sign(rng.standard_normal(c))
        if kind == 'constant': x[..., 0] = 1.25                                     # zero variance in channel 0
        x, g, b, dy = r32(x), r32(1 + 0.3 * rng.standard_normal(c)), r32(0.3 * rng.standard_normal(c)), r32(rng.standard_normal(shape))
        rm, rv = r32(rng.standard_normal(c)), r32(0.5 + rng.random(c))
        for key, v in dict(x=x, gamma=g, beta=b, dy=dy, running_mean=rm, running_var=rv).items(): f.put(f'{name}/{key}', v)
        f.meta[name] = dict(shape=list(shape), kind=kind)
        for act in ('none', 'lrelu', 'relu'):
            tag = '' if act == 'none' else '_' + act
            X, G, B = T(x, True), T(g, True), T(b, True); m, v = bn_stats(X); y = ACT[act](bn_apply(X, m, v, G, B))
            dx, dg, db = torch.autograd.grad(y, (X, G, B), T(dy))
            for key, val in {'y': y, 'dx': dx, 'dgamma': dg, 'dbeta': db}.items(): f.put(f'{name}/train{tag}_{key}', N(val))
            if act == 'none':
                f.put(f'{name}/mean', N(m)); f.put(f'{name}/var', N(v))
                f.put(f'{name}/new_running_mean', MOM * rm + (1 - MOM) * N(m)); f.put(f'{name}/new_running_var', MOM * rv + (1 - MOM) * N(v))
            X = T(x, True); y = ACT[act](bn_apply(X, T(rm), T(rv), T(g), T(b))); dx, = torch.autograd.grad(y, X, T(dy))
            f.put(f'{name}/infer{tag}_y', N(y)); f.put(f'{name}/infer{tag}_dx', N(dx))
    return f

# ---------------------------------------------------------------- 3. pointwise

POINT = dict(n=300, loss=[('a', (3, 16, 24, 3), 7), ('b', (2, 20, 20, 1), 7)], low=[('a', (2, 16, 24, 3), 8), ('b', (3, 8, 12, 3), 4)], bias=[('a', (3, 5, 7, 6)), ('b', (64, 33))])

def make_pointwise(cfg, seed):
    f = File('pointwise', lrelu='0.2, slope 1 at 0', relu='slope 0 at 0', abs='slope 0 at 0'); rng = np.random.default_rng([seed, 0])
    special = [0, 1e-8, -1e-8, 1e-4, -1e-4, 0.5, -0.5, 1, -1, 5, -5, 10, -10, 16, -16, 17, -17, 20, -20, 30, -30, 50, -50, 88, -88, 90, -90, 100, -100]
    x = r32(np.concatenate([special, rng.standard_normal(cfg['n']), rng.standard_normal(cfg['n']) * 8])); dy = r32(rng.standard_normal(x.shape)); t = r32(rng.choice([0, 1, 0.9, 0.25], x.shape))
    f.put('act/x', x); f.put('act/dy', dy); f.put('bce/t', t)
    for name, fn in dict(lrelu=lrelu, relu=relu, tanh=torch.tanh, sigmoid=torch.sigmoid, softplus=softplus).items():
        X = T(x, True); y = fn(X); f.put(f'act/{name}', N(y))
        d = torch.sigmoid(X.detach()) * T(dy) if name == 'softplus' else torch.autograd.grad(y, X, T(dy))[0]
        f.put(f'act/{name}_dx', N(d))
    a, tt = T(x), T(t)
    f.put('bce/loss', N(torch.clamp(a, min=0) - a * tt + torch.log1p(torch.exp(-a.abs())))); f.put('bce/da', N(torch.sigmoid(a) - tt))
    L, S = len(x), torch.sigmoid
    f.put('gan/d_loss_real', N(softplus(-a).mean())); f.put('gan/d_real_da', N(-S(-a) / L))
    f.put('gan/d_loss_fake', N(softplus(a).mean())); f.put('gan/d_fake_da', N(S(a) / L))
    f.put('gan/prior_log1md', N(-softplus(a))); f.put('gan/prior_log1md_da', N(-S(a)))     # log(1-D), per image
    f.put('gan/prior_nlogd', N(softplus(-a))); f.put('gan/prior_nlogd_da', N(-S(-a)))      # -log D, per image
    for i, (name, (n, h, w, c), win) in enumerate(cfg['loss']):
        rng = np.random.default_rng([seed, 1, i]); g, y = r32(rng.uniform(-1, 1, (n, h, w, c))), r32(rng.uniform(-1, 1, (n, h, w, c))); g.flat[::17] = y.flat[::17]   # exact ties
        M = np.ones((n, h, w)); M[0, h // 4:h - h // 4, w // 4:w - w // 4] = 0
        if n > 1: M[1] = rng.random((h, w)) >= 0.2
        if n > 2: M[2, :, :w // 2] = 0
        f.put(f'l1_{name}/g', g); f.put(f'l1_{name}/y', y); f.put(f'l1_{name}/mask', M); f.meta[f'l1_{name}'] = dict(window=win)
        weights = {'plain': M, 'weight_symmetric': np.stack([window_weights(m, win, 'symmetric') for m in M]), 'weight_count': np.stack([window_weights(m, win, 'count') for m in M])}
        for k, Wt in weights.items():
            if k != 'plain': f.put(f'l1_{name}/{k}', Wt)
            G = T(g, True); loss = (T(Wt)[..., None] * (G - T(y)).abs()).sum((1, 2, 3)); d, = torch.autograd.grad(loss.sum(), G)
            f.put(f'l1_{name}/{k}_loss', N(loss)); f.put(f'l1_{name}/{k}_dg', N(d))
    for i, (name, shape, r) in enumerate(cfg['low']):
        rng = np.random.default_rng([seed, 2, i]); g, y = r32(rng.uniform(-1, 1, shape)), r32(rng.uniform(-1, 1, shape)); G = T(g, True); A = block_mean(G, r)
        Ml = np.ones(A.shape[:3]); Ml[0, 0, 0] = 0; dA = r32(rng.standard_normal(A.shape))
        loss = (T(Ml)[..., None] * (A - block_mean(T(y), r)).abs()).sum((1, 2, 3)); d, = torch.autograd.grad(loss.sum(), G, retain_graph=True); db, = torch.autograd.grad(A, G, T(dA))
        f.meta[f'low_{name}'] = dict(block=r)
        for k, v in dict(g=g, y=y, mask_low=Ml, mean_g=N(A), mean_y=N(block_mean(T(y), r)), loss=N(loss), loss_dg=N(d), dmean=dA, dmean_dg=N(db)).items(): f.put(f'low_{name}/{k}', v)
    for i, (name, shape) in enumerate(cfg['bias']):
        rng = np.random.default_rng([seed, 3, i]); x, b, dy = (r32(rng.standard_normal(s)) for s in (shape, shape[-1:], shape))
        for k, v in dict(x=x, b=b, dy=dy, y=N(T(x) + T(b)), db=N(T(dy).sum(tuple(range(len(shape) - 1))))).items(): f.put(f'bias_{name}/{k}', v)
    return f

# ---------------------------------------------------------------- 4. Adam

ADAM = dict(n=77, steps=5, tf=[('tf_lr2e-4_b5', 2e-4, 0.5), ('tf_lr1e-3_b9', 1e-3, 0.9)], z=[('z_lr1e-2', 1e-2, 0.9)])

def adam_tf(p, g, m, v, t, lr, b1, b2=0.999, eps=1e-8):
    """TensorFlow: p -= lr*sqrt(1-b2^t)/(1-b1^t) * m/(sqrt(v)+eps), t from 1."""
    m = b1 * m + (1 - b1) * g; v = b2 * v + (1 - b2) * g * g; return p - lr * math.sqrt(1 - b2 ** t) / (1 - b1 ** t) * m / (v ** 0.5 + eps), m, v

def adam_z(z, g, m, v, t, lr, b1=0.9, b2=0.999, eps=1e-8):
    """Bias-corrected, then clipped: z = clip(z - lr*m^/(sqrt(v^)+eps), -1, 1), t from 1."""
    m = b1 * m + (1 - b1) * g; v = b2 * v + (1 - b2) * g * g; z = z - lr * (m / (1 - b1 ** t)) / ((v / (1 - b2 ** t)) ** 0.5 + eps); return z.clip(-1, 1), m, v

def make_adam(cfg, seed):
    f = File('adam', beta2='0.999', eps='1e-8', form='tf_*: eps not bias-corrected; z_*: bias-corrected, then clipped to [-1,1]')
    for i, (name, lr, b1) in enumerate(cfg['tf'] + cfg['z']):
        rng = np.random.default_rng([seed, i]); n, k = cfg['n'], cfg['steps']; scale = 10.0 ** rng.uniform(-9, 2, n); g = r32(rng.standard_normal((k, n)) * scale)
        g[:, 0] = 0; g[2:, 1] = 0; g[:, 2] = r32(1e-8); p = r32(rng.uniform(-1, 1, n)); z = name.startswith('z')
        if z: p[3:9] = r32([0.999, -0.999, 1, -1, 0.995, -0.995])
        f.put(f'{name}/p0', p); f.put(f'{name}/grads', g); f.meta[name] = dict(lr=lr, beta1=b1, beta2=0.999, eps=1e-8, clip=z)
        P, m, v, out = T(p), T(p) * 0, T(p) * 0, ([], [], [])
        for t in range(1, k + 1):
            P, m, v = (adam_z if z else adam_tf)(P, T(g[t - 1]), m, v, t, lr, b1)
            for o, q in zip(out, (P, m, v)): o.append(N(q))
        for key, o in zip(('p', 'm', 'v'), out): f.put(f'{name}/{key}', np.stack(o))
    return f

# ---------------------------------------------------------------- networks

def depth(size): return int(round(math.log2(size / 4)))

def shapes(size, c, nz, ngf, ndf, k=5):
    """name -> (shape, kind), in training order; names as in the original TensorFlow checkpoint."""
    d, s = depth(size), {}
    w = ngf << (d - 1); s['generator/g_h0_lin/Matrix'] = ((nz, 16 * w), 'w'); s['generator/g_h0_lin/bias'] = ((16 * w,), 'b')
    for i in range(d):
        s[f'generator/g_bn{i}/gamma'] = ((w,), 'gamma'); s[f'generator/g_bn{i}/beta'] = ((w,), 'beta')
        o = c if i == d - 1 else w // 2; s[f'generator/g_h{i + 1}/w'] = ((k, k, o, w), 'w'); s[f'generator/g_h{i + 1}/biases'] = ((o,), 'b'); w = o
    w = c
    for i in range(d):
        o = ndf << i; s[f'discriminator/d_h{i}_conv/w'] = ((k, k, w, o), 'w'); s[f'discriminator/d_h{i}_conv/biases'] = ((o,), 'b'); w = o
        if i: s[f'discriminator/d_bn{i}/gamma'] = ((o,), 'gamma'); s[f'discriminator/d_bn{i}/beta'] = ((o,), 'beta')
    s[f'discriminator/d_h{d - 1}_lin/Matrix'] = ((16 * w, 1), 'w'); s[f'discriminator/d_h{d - 1}_lin/bias'] = ((1,), 'b')
    return s

def init(size, c, nz, ngf, ndf, rng, sigma, jitter):
    p = {}
    for k, (shape, kind) in shapes(size, c, nz, ngf, ndf).items():
        a = rng.standard_normal(shape); p[k] = r32(a * sigma if kind == 'w' else a * jitter + (kind == 'gamma'))
    return p

def init_stats(p): return {k[:-5] + s: np.zeros_like(a) if s == 'moving_mean' else np.ones_like(a) for k, a in p.items() if k.endswith('gamma') for s in ('moving_mean', 'moving_variance')}

class Net:
    """Parameters and moving statistics as tensors of type DT."""
    def __init__(s, size, c, p, stats):
        s.size, s.c, s.d = size, c, depth(size); s.p = {k: T(v, True) for k, v in p.items()}; s.st = {k: T(v) for k, v in stats.items()}; s.log = None
    def keys(s, which): return [k for k in s.p if k.startswith(which)]
    def bn(s, x, k, train, update):
        mk, vk = k + '/moving_mean', k + '/moving_variance'
        if train:
            m, v = bn_stats(x)
            if update:
                for q, b in ((mk, m), (vk, v)): s.st[q] = MOM * s.st[q] + (1 - MOM) * b.detach()
        else: m, v = s.st[mk], s.st[vk]
        return bn_apply(x, m, v, s.p[k + '/gamma'], s.p[k + '/beta'])
    def G(s, z, train, update=True):
        p = s.p; h = (z @ p['generator/g_h0_lin/Matrix'] + p['generator/g_h0_lin/bias']).reshape(len(z), 4, 4, -1)
        for i in range(s.d):
            h = relu(s.bn(h, f'generator/g_bn{i}', train, update)); n = h.shape[1] * 2; pd = same_pads(n, 5, 2)
            h = conv_transpose2d(h, p[f'generator/g_h{i + 1}/w'], 2, pd + pd, (n, n)) + p[f'generator/g_h{i + 1}/biases']
        return torch.tanh(h)
    def D(s, x, train, update=True):
        p = s.p; h = x
        for i in range(s.d):
            pd = same_pads(h.shape[1], 5, 2); h = conv2d(h, p[f'discriminator/d_h{i}_conv/w'], 2, pd + pd) + p[f'discriminator/d_h{i}_conv/biases']
            if i: h = s.bn(h, f'discriminator/d_bn{i}', train, update)
            h = lrelu(h)
        k = f'discriminator/d_h{s.d - 1}_lin/'; return (h.reshape(len(h), -1) @ p[k + 'Matrix'] + p[k + 'bias'])[:, 0]
    def adam_init(s): s.m = {k: 0 * v.detach() for k, v in s.p.items()}; s.v = {k: 0 * v.detach() for k, v in s.p.items()}; s.t = {'generator': 0, 'discriminator': 0}
    def adam(s, which, grads, lr=2e-4, b1=0.5):
        s.t[which] += 1
        for k, g in grads.items(): q, s.m[k], s.v[k] = adam_tf(s.p[k].detach(), g, s.m[k], s.v[k], s.t[which], lr, b1); s.p[k] = q.requires_grad_()
    def d_grads(s, x, z, update=True):
        with torch.no_grad(): g = s.G(z, True, update)
        ar = s.D(x, True, update); af = s.D(g, True, update); lr, lf = softplus(-ar).mean(), softplus(af).mean(); ks = s.keys('discriminator')
        return lr, lf, dict(zip(ks, torch.autograd.grad(lr + lf, [s.p[k] for k in ks])))
    def g_grads(s, z, update=True):
        l = softplus(-s.D(s.G(z, True, update), True, update)).mean(); ks = s.keys('generator')
        return l, dict(zip(ks, torch.autograd.grad(l, [s.p[k] for k in ks])))

def calibrate(net, z):
    """Moving statistics = statistics of one batch of generated images; D sees generated images too."""
    for q in net.st: net.st[q] = 0 * net.st[q]
    global MOM; keep, MOM = MOM, 0.0
    with torch.no_grad(): net.D(net.G(z, True), True)
    MOM = keep; return {k: r32(N(v)) for k, v in net.st.items()}

def blobs(rng, n, size, c):
    """Smooth coloured test images in [-1,1]."""
    yy, xx = np.mgrid[0:size, 0:size] / size; im = np.zeros((n, size, size, c))
    for i in range(n):
        for _ in range(3):
            cx, cy, s = rng.random(3); im[i] += np.exp(-((xx - cx) ** 2 + (yy - cy) ** 2) / (0.01 + 0.1 * s))[..., None] * rng.uniform(-1.5, 1.5, c)
    return r32(np.clip(im + 0.05 * rng.standard_normal(im.shape), -1, 1))

# ---------------------------------------------------------------- 5. training

TINY = dict(size=16, c=3, nz=8, ngf=4, ndf=4, batch=6, steps=10, sigma=0.15, jitter=0.1)
BIG = dict(size=64, c=3, nz=100, ngf=8, ndf=8, batch=8, sigma=0.05, jitter=0.05)

def make_tiny(cfg, seed, name='dcgan_tiny'):
    rng = np.random.default_rng([seed, 0]); S, c, n, K = cfg['size'], cfg['c'], cfg['batch'], cfg['steps']
    f = File(name, config=cfg, loop='each step: D update, G update, G update with the same z', optimiser='Adam lr 2e-4, beta1 0.5, beta2 0.999, eps 1e-8, TensorFlow form', batch_norm='eps 1e-5, momentum 0.9, biased variance')
    p = init(S, c, cfg['nz'], cfg['ngf'], cfg['ndf'], rng, cfg['sigma'], cfg['jitter']); st = init_stats(p); z = r32(rng.uniform(-1, 1, (K, n, cfg['nz']))); x = np.stack([blobs(rng, n, S, c) for _ in range(K)])
    f.put('z', z); f.put('images', x); f.put('init_images', N(Net(S, c, p, st).G(T(z[0]), True, False)))
    for k, v in {**p, **st}.items(): f.put('init/' + k, v)
    net = Net(S, c, p, st); net.adam_init(); only_d = {k: v.clone() for k, v in net.st.items() if k.startswith('disc')}; R, Fk, Gl = [], [], []
    for t in range(K):
        keep = {k: v.clone() for k, v in net.st.items()}
        lr, lf, gd = net.d_grads(T(x[t]), T(z[t])); net.adam('discriminator', gd); R.append(lr.item()); Fk.append(lf.item())
        for k in only_d: only_d[k] = only_d[k] * MOM ** 2 + (net.st[k] - keep[k] * MOM ** 2)   # two updates of the same form
        g = []
        for j in (1, 2):
            l, gg = net.g_grads(T(z[t])); net.adam('generator', gg); g.append(l.item())
            if t == 0:
                for k, v in gg.items(): f.put(f'grad_g{j}/{k}', N(v))
        if t == 0:
            for k, v in gd.items(): f.put(f'grad_d/{k}', N(v))
        Gl.append(g)
        if t == 0:
            for k, v in {**net.p, **net.st}.items(): f.put('after1/' + k, N(v))
    f.put('d_loss_real', R); f.put('d_loss_fake', Fk); f.put('g_loss', Gl)
    for k, v in {**net.p, **net.st}.items(): f.put(f'after{K}/' + k, N(v))
    for k, v in only_d.items(): f.put(f'after{K}_dstep_only/' + k, N(v))
    with torch.no_grad():
        f.put('final/g_eval', N(net.G(T(z[0]), False))); f.put('final/logit_real_eval', N(net.D(T(x[0]), False))); f.put('final/logit_real_train', N(net.D(T(x[0]), True, False)))
    return f

def make_big(cfg, seed, name='dcgan_64'):
    rng = np.random.default_rng([seed, 0]); S, c, n = cfg['size'], cfg['c'], cfg['batch']; f = File(name, config=cfg, step='D update, G update, G update with the same z; Adam as in dcgan_tiny')
    p = init(S, c, cfg['nz'], cfg['ngf'], cfg['ndf'], rng, cfg['sigma'], cfg['jitter']); z = r32(rng.uniform(-1, 1, (n, cfg['nz']))); x = blobs(rng, n, S, c); z4 = r32(rng.uniform(-1, 1, (4, cfg['nz'])))
    st = calibrate(Net(S, c, p, init_stats(p)), T(r32(rng.uniform(-1, 1, (32, cfg['nz'])))))
    for k, v in {'z': z, 'images': x, 'z_eval': z4}.items(): f.put(k, v)
    for k, v in {**p, **st}.items(): f.put('init/' + k, v)
    net = Net(S, c, p, st); net.adam_init()
    with torch.no_grad():
        f.put('eval/images', N(net.G(T(z4), False))); f.put('eval/logits', N(net.D(net.G(T(z4), False), False))); f.put('eval/logits_real', N(net.D(T(x), False)))
        f.put('train/images', N(net.G(T(z), True, False))); f.put('train/logits_real', N(net.D(T(x), True, False))); f.put('train/logits_fake', N(net.D(net.G(T(z), True, False), True, False)))
    lr, lf, gd = net.d_grads(T(x), T(z)); net.adam('discriminator', gd); l1, g1 = net.g_grads(T(z)); net.adam('generator', g1); l2, g2 = net.g_grads(T(z)); net.adam('generator', g2)
    f.put('d_loss_real', lr.item()); f.put('d_loss_fake', lf.item()); f.put('g_loss', [l1.item(), l2.item()])
    for tag, g in (('d', gd), ('g1', g1), ('g2', g2)):
        for k, v in g.items(): f.put(f'grad_norm_{tag}/{k}', v.norm().item())
    for tag, g in (('d', gd), ('g1', g1)):
        for k, v in g.items(): f.put(f'grad_{tag}/{k}', N(v))
    for k, v in net.st.items(): f.put('after1/' + k, N(v))
    with torch.no_grad(): f.put('after1/logits_real', N(net.D(T(x), True, False))); f.put('after1/logits_fake', N(net.D(net.G(T(z), True, False), True, False)))
    return f

# ---------------------------------------------------------------- 6. completion

COMP = dict(size=16, c=3, nz=8, ngf=4, ndf=4, sigma=0.15, jitter=0.1, images=3, block=4, iters=25, lam=0.1, window=7,
            momentum=dict(lr=1e-3, mu=0.9), momentum_default=dict(lr=1e-2, mu=0.9, iters=8), adam=dict(lr=1e-2, beta1=0.9, beta2=0.999, eps=1e-8),
            hmc=dict(beta=0.2, eps=0.2, L=5, anneal=0.9, outer=3), blend=[('center', 24, 20, 'center'), ('border', 16, 18, 'border'), ('random80', 20, 20, 'random'), ('corner_column', 9, 12, 'corner')])

class Completion:
    def __init__(s, net, y, M, Ml, block, lam, prior='nlogd', W=None): s.net, s.y, s.M, s.Ml, s.block, s.lam, s.prior, s.W = net, T(y), T(M)[..., None], T(Ml)[..., None], block, lam, prior, T(M if W is None else W)[..., None]
    def __call__(s, z):
        """per image: contextual loss, prior term P, and d(ctx + lam*P)/dz"""
        Z = torch.tensor(np.asarray(z), dtype=DT, requires_grad=True); g = s.net.G(Z, False); a = s.net.D(g, False)
        ctx = (s.W * (g - s.y).abs()).sum((1, 2, 3)) + (s.Ml * (block_mean(g, s.block) - block_mean(s.y, s.block)).abs()).sum((1, 2, 3))
        P = softplus(-a) if s.prior == 'nlogd' else -softplus(a); d, = torch.autograd.grad((ctx + s.lam * P).sum(), Z); return N(ctx), N(P), N(d)
    def images(s, z):
        with torch.no_grad(): g = s.net.G(T(z), False); return N(g), N(s.M * s.y + (1 - s.M) * g)

def run_momentum(obj, z, iters, lr, mu, f, tag):
    z, v, tr = z.copy(), np.zeros_like(z), []
    for i in range(iters): c, P, g = obj(z); tr.append((z, c, P, g)); vp = v; v = mu * v - lr * g; z = np.clip(z - mu * vp + (1 + mu) * v, -1, 1)
    finish(obj, z, tr, f, tag)
def run_adam(obj, z, iters, lr, beta1, beta2, eps, f, tag):
    z, m, v, tr = z.copy(), np.zeros_like(z), np.zeros_like(z), []
    for i in range(iters): c, P, g = obj(z); tr.append((z, c, P, g)); z, m, v = adam_z(z, g, m, v, i + 1, lr, beta1, beta2, eps)
    finish(obj, z, tr, f, tag)
def finish(obj, z, tr, f, tag):
    c, P, g = obj(z); tr.append((z, c, P, g))
    for k, v in zip(('z', 'ctx', 'prior', 'grad'), zip(*tr)): f.put(f'{tag}/{k}', np.stack(v))
    G, C = obj.images(z); f.put(f'{tag}/final_g', G); f.put(f'{tag}/completed', C)

def run_hmc(obj, z, V, U, beta, eps, L, anneal, outer, per_image, f, tag):
    """per_image False: the original (clip, energy with the batch mean of P). True: reflection at the walls, energy per image."""
    z = z.copy(); E = lambda c, P: c + obj.lam * (P if per_image else P.mean()); zs, Es, proposal, acc, dec, cs, Ps = [z.copy()], [], [], [], [], [], []
    for t in range(outer):
        c, P, g = obj(z); old, E0, v = z.copy(), E(c, P), V[t].copy(); K0 = (v ** 2).sum(1) / 2; cs.append(c); Ps.append(P)
        for _ in range(L):
            v = v - eps / 2 * beta * g; z = z + eps * v
            if per_image: hi, lo = z > 1, z < -1; z = np.where(hi, 2 - z, np.where(lo, -2 - z, z)); v = np.where(hi | lo, -v, v)
            else: z = np.clip(z, -1, 1)
            c, P, g = obj(z); v = v - eps / 2 * beta * g
        E1 = E(c, P); la = beta * E0 + K0 - beta * E1 - (v ** 2).sum(1) / 2; ok = (la >= 0) | (U[t] <= np.exp(np.minimum(la, 0)))
        proposal.append(z.copy()); z = np.where(ok[:, None], z, old); zs.append(z.copy()); Es.append((E0, E1)); acc.append(la); dec.append(ok.astype(np.int32)); beta *= anneal
    f.put(f'{tag}/momenta', V); f.put(f'{tag}/uniforms', U); f.put(f'{tag}/z', np.stack(zs)); f.put(f'{tag}/proposal', np.stack(proposal)); f.put(f'{tag}/energy', np.stack([np.stack(e) for e in Es])); f.put(f'{tag}/log_accept', np.stack(acc)); f.put(f'{tag}/accepted', np.stack(dec)); f.put(f'{tag}/ctx', np.stack(cs)); f.put(f'{tag}/prior', np.stack(Ps))
    G, C = obj.images(z); f.put(f'{tag}/final_g', G); f.put(f'{tag}/completed', C)

def poisson_blend(y, g, M):
    """Minimise sum over neighbour pairs touching the hole of ((x_p-x_q)-(g_p-g_q))^2 with x = y where M = 1; pairs leaving the image are dropped."""
    H, W, C = y.shape; hole = np.argwhere(M == 0); idx = -np.ones((H, W), int); idx[M == 0] = np.arange(len(hole)); r, c, v, b = [], [], [], np.zeros((len(hole), C))
    for i, (a, e) in enumerate(hole):
        for da, de in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            A, E = a + da, e + de
            if not (0 <= A < H and 0 <= E < W): continue
            r.append(i); c.append(i); v.append(1.0); b[i] += g[a, e] - g[A, E]
            if M[A, E] == 0: r.append(i); c.append(idx[A, E]); v.append(-1.0)
            else: b[i] += y[A, E]
    x = y.copy()
    if len(hole): x[M == 0] = spla.splu(sp.csc_matrix((v, (r, c)), (len(hole),) * 2)).solve(b)
    return x

def masks_for(rng, n, S, block):
    center = np.ones((n, S, S)); l, u = int(S * 0.25), int(S * 0.75); center[:, l:u, l:u] = 0
    random = (rng.random((n, S, S)) >= 0.2).astype(float); z = np.zeros((n, S, S)); zl = np.zeros((n, S // block, S // block))
    return {'center': (center, zl), 'random': (random, zl), 'lowres': (z, zl + 1)}

def make_completion(cfg, seed, name='completion'):
    rng = np.random.default_rng([seed, 0]); S, c, n = cfg['size'], cfg['c'], cfg['images']; f = File(name, config=cfg, objective='ctx + lam*P per image; P = softplus(-a) unless the name says log1md')
    p = init(S, c, cfg['nz'], cfg['ngf'], cfg['ndf'], rng, cfg['sigma'], cfg['jitter']); st = calibrate(Net(S, c, p, init_stats(p)), T(r32(rng.uniform(-1, 1, (64, cfg['nz']))))); net = Net(S, c, p, st)
    for k, v in {**p, **st}.items(): f.put('model/' + k, v)
    target = rng.uniform(-1, 1, (n, cfg['nz']))
    with torch.no_grad(): y = N(net.G(T(target), False))
    y = r32(np.clip(y + 0.1 * rng.standard_normal(y.shape), -1, 1)); z0 = r32(rng.uniform(-1, 1, (n, cfg['nz']))); f.put('images', y); f.put('z0', z0)
    masks = masks_for(rng, n, S, cfg['block']); V = r32(rng.standard_normal((cfg['hmc']['outer'], n, cfg['nz']))); U = r32(rng.random((cfg['hmc']['outer'], n)))
    for m, (M, Ml) in masks.items():
        f.put(f'mask_{m}/mask', M); f.put(f'mask_{m}/mask_low', Ml); obj = Completion(net, y, M, Ml, cfg['block'], cfg['lam'])
        run_momentum(obj, z0, cfg['iters'], f=f, tag=f'momentum_{m}', **cfg['momentum']); run_adam(obj, z0, cfg['iters'], f=f, tag=f'adam_{m}', **cfg['adam'])
        for per in (False, True): run_hmc(obj, z0, V, U, per_image=per, f=f, tag=f'hmc_{"reflect" if per else "original"}_{m}', **cfg['hmc'])
    M, Ml = masks['center']; W = np.stack([window_weights(m, cfg['window'], 'count') for m in M]); f.put('adam_weighted_center/weight', W)
    run_momentum(Completion(net, y, M, Ml, cfg['block'], cfg['lam']), z0, f=f, tag='momentum_default_center', **cfg['momentum_default'])
    run_adam(Completion(net, y, M, Ml, cfg['block'], cfg['lam'], 'log1md'), z0, cfg['iters'], f=f, tag='adam_log1md_center', **cfg['adam'])
    run_adam(Completion(net, y, M, Ml, cfg['block'], cfg['lam'], W=W), z0, cfg['iters'], f=f, tag='adam_weighted_center', **cfg['adam'])
    run_adam(Completion(net, y, M, Ml, cfg['block'], 50.0), z0, cfg['iters'], f=f, tag='adam_lam50_center', **cfg['adam'])
    for i, (tag, H, Wd, kind) in enumerate(cfg['blend']):
        r = np.random.default_rng([seed, 1, i]); M = np.ones((H, Wd)); y, g = blobs(r, 1, max(H, Wd), 3)[0][:H, :Wd], blobs(r, 1, max(H, Wd), 3)[0][:H, :Wd]
        if kind == 'center': M[H // 4:H - H // 4, Wd // 4:Wd - Wd // 4] = 0
        if kind == 'border': M[3:H - 4, :Wd // 2] = 0; M[H - 2:, Wd - 3:] = 0
        if kind == 'random': M = (r.random((H, Wd)) >= 0.8).astype(float)
        if kind == 'corner': M[:, 0] = 0; M[0, :] = 0; M[5:, Wd - 1] = 0
        x = poisson_blend(y, g, M)
        for k, v in dict(y=y, g=g, mask=M, x=x).items(): f.put(f'blend_{tag}/{k}', v)
    return f

def make_all(cfg, seed):
    yield make_conv(cfg['conv'], seed + 1, False); yield make_conv(cfg['convt'], seed + 2, True); yield make_bn(cfg['bn'], seed + 3); yield make_pointwise(cfg['point'], seed + 4); yield make_adam(cfg['adam'], seed + 5)
    yield make_tiny(cfg['tiny'], seed + 6); yield make_big(cfg['big'], seed + 7); yield make_completion(cfg['comp'], seed + 8)

CONFIG = dict(conv=CONV, convt=CONVT, bn=BN, point=POINT, adam=ADAM, tiny=TINY, big=BIG, comp=COMP); SEED = 20160809

# ---------------------------------------------------------------- self check

def fd(fn, a, grad, rng, what, k=6, h=1e-6, tol=1e-5):
    a = np.array(a, np.float64); flat = a.reshape(-1); worst = 0
    for i in rng.choice(flat.size, min(k, flat.size), replace=False):
        o = flat[i]; flat[i] = o + h; up = fn(a); flat[i] = o - h; dn = fn(a); flat[i] = o; n = (up - dn) / (2 * h); g = grad.reshape(-1)[i]; worst = max(worst, abs(n - g) / (abs(g) + 1e-3))
    assert worst < tol, (what, worst); return worst

def naive_conv(x, w, s, pad):
    t, b, l, r = pad; n, H, W, ci = x.shape; kh, kw, _, co = w.shape; h, w2 = (H + t + b - kh) // s + 1, (W + l + r - kw) // s + 1; y = np.zeros((n, h, w2, co))
    for oy in range(h):
        for ox in range(w2):
            for ky in range(kh):
                for kx in range(kw):
                    iy, ix = s * oy + ky - t, s * ox + kx - l
                    if 0 <= iy < H and 0 <= ix < W: y[:, oy, ox] += x[:, iy, ix] @ w[ky, kx]
    return y
def naive_convt(x, w, s, pad, out):
    t, _, l, _ = pad; n, h, w_, ci = x.shape; kh, kw, co, _ = w.shape; y = np.zeros((n, *out, co))
    for iy in range(h):
        for ix in range(w_):
            for ky in range(kh):
                for kx in range(kw):
                    oy, ox = s * iy + ky - t, s * ix + kx - l
                    if 0 <= oy < out[0] and 0 <= ox < out[1]: y[:, oy, ox] += x[:, iy, ix] @ w[ky, kx].T
    return y

def check(cfg, seed):
    global DT; rng = np.random.default_rng(0); files = {f.name: f for f in make_all(cfg, seed)}
    for tr, key, fname in ((False, 'conv', 'conv2d'), (True, 'convt', 'conv_transpose2d')):
        f = files[fname]
        for name, n, H, W, ci, co, k, s, pad in cfg[key]:
            p, _, _ = geometry(H, W, k, s, pad); x, w, dy = (f.get(f'{name}/{q}') for q in ('x', 'w', 'dy')); ref = naive_convt(x, w, s, p, (H, W)) if tr else naive_conv(x, w, s, p)
            assert abs(ref - f.get(f'{name}/y')).max() < 1e-11, name
            op = (lambda a, b: N(conv_transpose2d(T(a), T(b), s, p, (H, W)))) if tr else (lambda a, b: N(conv2d(T(a), T(b), s, p)))
            fd(lambda a: (op(a, w) * dy).sum(), x, f.get(f'{name}/dx'), rng, name + ' dx'); fd(lambda a: (op(x, a) * dy).sum(), w, f.get(f'{name}/dw'), rng, name + ' dw')
    f = files['batch_norm']
    for name, _, kind in cfg['bn']:
        if kind == 'constant': continue
        g = {q: f.get(f'{name}/{q}') for q in ('x', 'gamma', 'beta', 'dy')}
        def loss(act, **kw): a = {**g, **kw}; X = T(a['x']); return (N(ACT[act](bn_apply(X, *bn_stats(X), T(a['gamma']), T(a['beta'])))) * a['dy']).sum()
        for act, tag in (('none', ''), ('lrelu', '_lrelu'), ('relu', '_relu')):
            for q in ('x', 'gamma', 'beta'): fd(lambda a: loss(act, **{q: a}), g[q], f.get(f'{name}/train{tag}_d{q}'), rng, f'bn {name} {act} {q}', tol=1e-4)
    for name, key in (('dcgan_tiny', 'tiny'), ('dcgan_64', 'big')):
        f, c = files[name], cfg[key]; P = {k[5:]: v for k, v in f.t.items() if k.startswith('init/')}; x, z = (f.get(q)[0] if name == 'dcgan_tiny' else f.get(q) for q in ('images', 'z'))
        p = {k: v for k, v in P.items() if 'moving' not in k}; st = {k: v for k, v in P.items() if 'moving' in k}; net = Net(c['size'], c['c'], p, st); net.adam_init(); _, _, gd = net.d_grads(T(x), T(z), False); net.adam('discriminator', gd)
        worst = 0; pd = {k: N(v) for k, v in net.p.items()}
        for k in (p if key == 'tiny' else list(p)[::5]):
            disc = k.startswith('disc'); base = p if disc else {**p, **{q: v for q, v in pd.items() if q.startswith('disc')}}
            def loss(a):
                m = Net(c['size'], c['c'], {**base, k: a}, st)
                with torch.no_grad():
                    fake = m.D(m.G(T(z), True, False), True, False); return (softplus(-m.D(T(x), True, False)).mean() + softplus(fake).mean()).item() if disc else softplus(-fake).mean().item()
            worst = max(worst, fd(loss, base[k], f.get(('grad_d/' if disc else 'grad_g1/') + k), rng, f'{name} {k}', k=3, tol=2e-3))
        print(f'{name}: finite differences agree, worst relative difference {worst:.1e}')
    f, c = files['completion'], cfg['comp']; mdl = {k[6:]: v for k, v in f.t.items() if k.startswith('model/')}; net = Net(c['size'], c['c'], {k: v for k, v in mdl.items() if 'moving' not in k}, {k: v for k, v in mdl.items() if 'moving' in k})
    for m in ('center', 'random', 'lowres'):
        obj = Completion(net, f.get('images'), f.get(f'mask_{m}/mask'), f.get(f'mask_{m}/mask_low'), c['block'], c['lam'])
        fd(lambda a: sum((q[0] + c['lam'] * q[1]).sum() for q in [obj(a)]), f.get('z0'), f.get(f'adam_{m}/grad')[0], rng, 'completion ' + m, k=20)
        for kind in ('original', 'reflect'):
            la, U = f.get(f'hmc_{kind}_{m}/log_accept'), f.get(f'hmc_{kind}_{m}/uniforms'); print(f'hmc_{kind}_{m}: accepted {f.get(f"hmc_{kind}_{m}/accepted").tolist()}, smallest margin |log u - log a| {abs(np.log(U) - la).min():.3f}, proposals at a wall {int((abs(f.get(f"hmc_{kind}_{m}/proposal")) == 1).sum())}')
    for tag, *_ in c['blend']:
        y, g, M, x = (f.get(f'blend_{tag}/{q}') for q in ('y', 'g', 'mask', 'x'))
        def energy(a):
            e = 0.0
            for ax in (0, 1):
                hole = np.diff(M, axis=ax) != 0; hole |= (np.delete(M, -1, ax) == 0); e += ((np.diff(a - g, axis=ax) ** 2) * hole[..., None]).sum()
            return e
        grad = fd(lambda a: energy(np.where(M[..., None] == 0, a, x)), x, np.zeros_like(x), rng, 'blend ' + tag, k=20, h=1e-4, tol=1e-5); assert (x[M == 1] == y[M == 1]).all()
    # the same script in float32: how far does a correct float32 implementation land from the goldens?
    DT = torch.float32; low = {f.name: f for f in make_all(cfg, seed)}; DT = torch.float64; print('\nerror of a float32 run: max |difference| and the same divided by max |golden| of the tensor, worst tensor per group')
    for name, f in files.items():
        groups = {}
        for k, v in f.t.items():
            if v.dtype.kind == 'i': assert (v == low[name].t[k]).all(), k; continue
            parts = k.split('/'); g = {'conv2d': parts[-1], 'conv_transpose2d': parts[-1], 'batch_norm': parts[-1], 'adam': '/'.join((parts[0][:2], parts[-1]))}.get(name)
            if g is None: g = parts[0] + ('/' + parts[-1] if parts[0] in ('init', 'after1', 'after10', 'after10_dstep_only', 'model') or parts[0].startswith(('grad', 'low', 'l1', 'blend', 'bias', 'act', 'bce', 'gan', 'adam', 'momentum', 'hmc', 'final', 'eval', 'train')) else '')
            e = abs(v - low[name].t[k]).max() if v.size else 0; r = e / (abs(v).max() + 1e-300); o = groups.get(g, (0, 0, '')); groups[g] = (max(o[0], e), max(o[1], r), k if r >= o[1] else o[2])
        print(f'[{name}]')
        for g, (e, r, k) in sorted(groups.items()):
            if e > 0: print(f'   {g:44s} abs {e:.1e}  rel {r:.1e}  {k}')

def main(cfg, seed, here):
    ap = argparse.ArgumentParser(); ap.add_argument('--out', default=here); ap.add_argument('--check', action='store_true'); ap.add_argument('--small', action='store_true'); a = ap.parse_args(); torch.set_num_threads(1)
    if a.check: return check(cfg, seed)
    for f in make_all(cfg, seed):
        if a.small and f.name == 'dcgan_64': continue
        if a.small and f.name in ('conv2d', 'conv_transpose2d', 'batch_norm'): f.drop_cases_over(100_000)
        f.write(a.out); print(f.name, len(f.t), 'tensors', os.path.getsize(os.path.join(a.out, f.name + '.safetensors')), 'bytes')

if __name__ == '__main__': main(CONFIG, SEED, os.path.dirname(os.path.abspath(__file__)))
