# pykan's attribute on a MultKAN with products of arity 2 and 3, computed from its formulas (interpretability 3.1) in NumPy,
# independently of kan4j: B-splines by the Cox-de Boor recursion.
import numpy as np, json
rng=np.random.default_rng(7)
def B(x,t,k):
    b=[((x>=t[i])&(x<t[i+1])).astype(float) for i in range(len(t)-1)]
    for d in range(1,k+1):
        b=[(x-t[i])/(t[i+d]-t[i])*b[i]+(t[i+d+1]-x)/(t[i+d+1]-t[i+1])*b[i+1] for i in range(len(t)-1-d)]
    return np.stack(b,-1)
def silu(x): return x/(1+np.exp(-x))
G,k=4,3
def layer(i,o):
    h=2/G; t=np.linspace(-1-k*h,1+k*h,G+2*k+1)
    return dict(knots=np.tile(t,(i,1)),coef=rng.normal(0,.3,(o,i,G+k)),base_weight=rng.normal(0,.5,(o,i)),coef_scale=rng.uniform(.5,1.5,(o,i)))
def edges(L,x):
    o,i,_=L['coef'].shape
    phi=np.zeros((len(x),o,i))
    for a in range(i):
        b=B(x[:,a],L['knots'][a],k)
        phi[:,:,a]=L['base_weight'][:,a]*silu(x[:,a])[:,None]+L['coef_scale'][:,a]*(b@L['coef'][:,a,:].T)
    return phi
out={}
for name,arity in (('arity2',2),('arity3',3)):
    s,p=1,2
    L1=layer(3,s+p*arity); L2=layer(s+p,2)
    x=rng.uniform(-1,1,(40,3))
    p1=edges(L1,x); y1=p1.sum(2)
    h=np.concatenate([y1[:,:s]]+[np.prod(y1[:,s+q*arity:s+(q+1)*arity],axis=1,keepdims=True) for q in range(p)],1)
    p2=edges(L2,h); y2=p2.sum(2)
    sd=lambda a: a.std(0,ddof=1)
    A=np.eye(2); nodes=[A.mean(0)]
    Bs=A[:,:,None]*(sd(p2)/(sd(y2)+1e-4)[:,None])[None]; e2=Bs.mean(0); A=Bs.sum(1); nodes.insert(0,A.mean(0))
    A=np.concatenate([A[:,:s]]+[np.repeat(A[:,s+q:s+q+1],arity,axis=1) for q in range(p)],1)
    Bs=A[:,:,None]*(sd(p1)/(sd(y1)+1e-4)[:,None])[None]; e1=Bs.mean(0); A=Bs.sum(1); nodes.insert(0,A.mean(0))
    out[name]=dict(sums=s,products=p,arity=arity,x=x.ravel().tolist(),layers=[{q:v.ravel().tolist() for q,v in L.items()} for L in (L1,L2)],
        features=nodes[0].tolist(),hidden=nodes[1].tolist(),edges=[e1.ravel().tolist(),e2.ravel().tolist()])
json.dump(out,open('pykan_scores.json','w'))
