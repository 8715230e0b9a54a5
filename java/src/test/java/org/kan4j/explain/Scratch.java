package org.kan4j.explain;
import org.kan4j.*; import java.util.*; import java.lang.foreign.*; import java.util.function.*;
class Scratch {
  record F(String name, int in, double[] lo, double[] hi, ToDoubleFunction<double[]> f) {}
  static F f(String n, double lo, double hi, int in, ToDoubleFunction<double[]> f){ double[] a=new double[in], b=new double[in]; Arrays.fill(a,lo); Arrays.fill(b,hi); return new F(n,in,a,b,f);}
  static final List<F> ALL = List.of(
   f("F1",-1,1,2,x->Math.exp(Math.sin(Math.PI*x[0])+x[1]*x[1])),
   f("F2",-1,1,2,x->x[0]*x[1]), f("F3",-.9,.9,2,x->(x[0]+x[1])/(1+x[0]*x[1])),
   f("F4",.2,5,2,x->Math.sin(2*(Math.log(x[0])+Math.log(x[1])))), f("F5",-1,1,2,x->Math.hypot(x[0],x[1])),
   f("F6",-1,1,2,x->Math.sqrt(1+x[0]*x[0]+x[1]*x[1])),
   new F("F7",2,new double[]{.05,-1},new double[]{1,1},x->x[0]/(Math.exp(x[1])+Math.exp(-x[1]))),
   f("F8",.1,2,2,x->1/(1+x[0]*x[1])), f("F9",-1,1,3,x->x[0]+x[1]*x[2]),
   new F("F10",2,new double[]{-1,.5},new double[]{1,2},x->Math.exp(-x[0]*x[0]/(2*x[1]*x[1]))/Math.sqrt(2*Math.PI*x[1]*x[1])),
   new F("F11",2,new double[]{-Math.PI,-1},new double[]{Math.PI,1},x->Math.cos(x[0])+x[1]*Math.pow(Math.cos(x[0]),2)),
   f("F12",-1,1,4,x->Math.exp((Math.sin(Math.PI*(x[0]*x[0]+x[1]*x[1]))+Math.sin(Math.PI*(x[2]*x[2]+x[3]*x[3])))/2)),
   new F("F13",2,new double[]{.1,.5},new double[]{1,2},x->x[0]/x[1]), f("F14",-.95,.95,1,x->Math.sqrt(1-x[0]*x[0])));
  public static void main(String[] a) {
    try (Context context = KanGraphTest.single()) {
      for (F f : ALL) { if (a.length>0 && !Arrays.asList(a).contains(f.name)) continue;
        org.kan4j.internal.SplitMix r=new org.kan4j.internal.SplitMix(1); int n=f.name.equals("F12")?2400:800;
        double[] x=new double[n*f.in], y=new double[n];
        for(int b=0;b<n;b++){ double[] p=new double[f.in]; for(int i=0;i<f.in;i++){ double u=r.uniform(-1,1); x[b*f.in+i]=u; p[i]=f.lo[i]+(u+1)/2*(f.hi[i]-f.lo[i]); } y[b]=f.f.applyAsDouble(p);}
        double m=Moments.mean(y), s=Moments.deviation(y); for(int b=0;b<n;b++) y[b]=(y[b]-m)/s;
        Rows rows=new Rows(x,y,f.in,0);
        for (Shape shape : Shape.ladder(f.in,1)) {
          long t=((com.sun.management.OperatingSystemMXBean)java.lang.management.ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
          try (Arena arena=Arena.ofConfined(); Fit.Result res=Fit.defaults().withStarts(12,60).withIterations(200).withRefinements(6,12).run(context, shape.model(BSpline.of(3,3)), rows.dataset(arena))) {
            var st=res.stages().get(res.best());
            long t2=((com.sun.management.OperatingSystemMXBean)java.lang.management.ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
            System.out.printf("%s %s %d edges: G=%d NRMSE %.2e  cpu %.1f%n", f.name, shape, shape.edges(), st.grid(), Math.sqrt(st.validationLoss()), (t2-t)/1e9);
            if (Math.sqrt(st.validationLoss())<1e-3) break;
          }
        }
      }
    }
  }
}
