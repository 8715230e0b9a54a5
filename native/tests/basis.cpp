// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// Closed forms every basis must satisfy, through kan_layer_basis and the layers of one tier, in double.
// Usage: basis TIER
#include "tests/cases.hpp"

namespace {

kan_context context;

constexpr double kPi = 3.14159265358979323846;

std::string number(double v) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", v);
  return text;
}

void close(double expected, double given, double tolerance, const std::string& what) {
  CHECK_TEXT(std::fabs(expected - given) <= tolerance,
             what + ": expected " + number(expected) + ", given " + number(given));
}

// One input, one output: y(x) = coef . phi(x), so that both values and derivatives can be read off.
class Curve {
 public:
  Curve(int32_t basis, int32_t grid, int32_t order, Knots knots = kUniform, int32_t outside = KAN_OUTSIDE_ZERO,
        const std::function<void(kan_layer_spec&)>& more = {})
      : model_(context, make(basis, grid, order, knots, outside, more), 5), n(model_.tensors[0].shape[2]) {}

  Vector phi(double x) const {
    Vector values(static_cast<size_t>(n));
    MUST(context,
         kan_layer_basis(context, model_.layer, 1, &x, model_.params.get(), model_.buffers.get(), values.data()));
    return values;
  }
  // phi_r and phi_r' for every r, from the layer itself with one coefficient at a time.
  void values(double x, Vector& value, Vector& derivative) {
    value.assign(size_t(n), 0), derivative = value;
    for (int64_t r = 0; r < n; ++r) {
      Vector coef(size_t(n), 0);
      coef[size_t(r)] = 1;
      model_.set(context, 0, coef);
      const Results result = run_passes(context, model_, 1, {x}, {1});
      value[size_t(r)] = result.y[0];
      derivative[size_t(r)] = result.d_x[0];
    }
  }
  double at(const Vector& coef, double x, double* derivative = nullptr) {
    model_.set(context, 0, coef);
    const Results result = run_passes(context, model_, 1, {x}, {1});
    if (derivative) *derivative = result.d_x[0];
    return result.y[0];
  }
  const Vector& tensor(const char* name) const { return model_.natural[size_t(model_.find(name))]; }
  void set(const char* name, const Vector& v) { model_.set(context, model_.find(name), v); }

 private:
  static Case make(int32_t basis, int32_t grid, int32_t order, Knots knots, int32_t outside,
                   const std::function<void(kan_layer_spec&)>& more) {
    kan_layer_spec s = layer_spec(KAN_LAYER_KAN, KAN_F64, 1, 1);
    s.basis = basis, s.grid = grid, s.order = order, s.outside = outside;
    if (more) more(s);
    return {s, "curve", knots};
  }
  Model model_;

 public:
  const int64_t n;
};

double sum(const Vector& v) {
  double s = 0;
  for (double a : v) s += a;
  return s;
}

// Coefficients of x^p in the B-spline basis: the elementary symmetric polynomial of the inner knots (Marsden).
Vector monomial(const Vector& t, int64_t n, int k, int p) {
  Vector coef;
  for (int64_t c = 0; c < n; ++c) {
    Vector e(size_t(p) + 1, 0);
    e[0] = 1;
    for (int j = 1; j <= k; ++j) {
      for (int q = p; q >= 1; --q) e[size_t(q)] += e[size_t(q - 1)] * t[size_t(c + j)];
    }
    double binomial = 1;
    for (int q = 0; q < p; ++q) binomial = binomial * (k - q) / (q + 1);
    coef.push_back(e[size_t(p)] / binomial);
  }
  return coef;
}

void splines() {
  for (int k = 1; k <= 5; ++k) {
    for (int grid : {1, 2, 5, 13}) {
      for (Knots knots : {kUniform, kUneven}) {
        const std::string name =
            "order " + std::to_string(k) + " grid " + std::to_string(grid) + " knots " + std::to_string(knots);
        Curve curve(KAN_BASIS_BSPLINE, grid, k, knots), clamp(KAN_BASIS_BSPLINE, grid, k, knots, KAN_OUTSIDE_CLAMP),
            linear(KAN_BASIS_BSPLINE, grid, k, knots, KAN_OUTSIDE_LINEAR);
        const Vector t = curve.tensor("knots");
        const double low = t[size_t(k)], high = t[size_t(grid + k)], width = high - low;
        Vector value, derivative;
        Random random(7);
        for (int i = 0; i < 12; ++i) {
          const double x = i == 0 ? low : i == 1 ? t[size_t(k + grid / 2)] : random.uniform(low, high);
          curve.values(x, value, derivative);
          close(1, sum(value), 1e-13, name + " partition of unity at " + number(x));
          close(0, sum(derivative), 1e-11 * grid, name + " derivative of the sum at " + number(x));
          const Vector phi = curve.phi(x);
          int nonzero = 0;
          for (size_t c = 0; c < phi.size(); ++c) {
            close(phi[c], value[c], 1e-14, name + " layer and basis agree");
            CHECK_TEXT(phi[c] >= -1e-15 && phi[c] <= 1 + 1e-15, name);
            nonzero += phi[c] != 0;
          }
          CHECK_TEXT(nonzero <= k + 1, name + " support");
          for (int p = 0; p <= k; ++p) {
            double slope;
            const Vector coef = monomial(t, curve.n, k, p);
            close(std::pow(x, p), curve.at(coef, x, &slope), 1e-12, name + " reproduces x^" + std::to_string(p));
            if (i > 1)
              close(p == 0 ? 0 : p * std::pow(x, p - 1), slope, 1e-10 * grid,
                    name + " derivative of x^" + std::to_string(p));
          }
        }
        // Outside. A quadratic (or a line) in the coefficients, so that slopes are known.
        const int p = k >= 2 ? 2 : 1;
        const Vector coef = monomial(t, curve.n, k, p);
        const auto f = [&](double x) { return std::pow(x, p); };
        const auto df = [&](double x) { return p * std::pow(x, p - 1); };
        for (double distance : {0.0, 1e-6, 0.3 * width, 4 * width, 1e6}) {
          for (double end : {low, high}) {
            const double x = end == low ? low - distance : high + distance;
            double slope;
            close(f(end), clamp.at(coef, x, &slope), 1e-12, name + " CLAMP at " + number(x));
            if (distance > 0) CHECK_TEXT(slope == 0, name + " CLAMP slope " + number(slope));
            else close(df(end), slope, 1e-10 * grid, name + " CLAMP slope at the end");
            close(f(end) + df(end) * (x - end), linear.at(coef, x, &slope), 1e-11 * (1 + distance),
                  name + " LINEAR at " + number(x));
            close(df(end), slope, 1e-10 * grid, name + " LINEAR slope at " + number(x));
          }
        }
        // ZERO keeps the tails of the extended grid, half-open at both ends, and is 0 beyond.
        const double first = t.front(), last = t.back();
        for (double x : {std::nextafter(first, -INFINITY), first - 1, last, last + 1, double(INFINITY),
                         -double(INFINITY), 1e300, -1e300}) {
          curve.values(x, value, derivative);
          for (size_t c = 0; c < value.size(); ++c)
            CHECK_TEXT(value[c] == 0 && derivative[c] == 0, name + " beyond the grid at " + number(x));
        }
        const Vector tail = curve.phi((t[size_t(k - 1)] + low) / 2);
        CHECK_TEXT(sum(tail) > 0 && sum(tail) < 1, name + " tail " + number(sum(tail)));
        for (Curve* c : {&curve, &clamp, &linear}) CHECK_TEXT(std::isnan(c->at(coef, NAN)), name + " NaN");
      }
    }
  }
  // Order 1 is piecewise linear interpolation; at a knot the derivative is the right one.
  Curve hat(KAN_BASIS_BSPLINE, 2, 1);
  const Vector t = hat.tensor("knots");
  double slope;
  close(5, hat.at({1, 5, 2}, t[2], &slope), 1e-15, "order 1 at its knot");
  close((2 - 5) / (t[3] - t[2]), slope, 1e-14, "order 1, right derivative at a knot");
  // The uniform cubic's values at a knot: 1/6, 2/3, 1/6.
  Curve cubic(KAN_BASIS_BSPLINE, 4, 3);
  const Vector phi = cubic.phi(cubic.tensor("knots")[5]);
  close(1.0 / 6, phi[2], 1e-14, "cubic"), close(2.0 / 3, phi[3], 1e-14, "cubic"),
      close(1.0 / 6, phi[4], 1e-14, "cubic");
}

void check_curve(Curve& curve, const std::string& name, const std::function<double(int64_t, double)>& value,
                 const std::function<double(int64_t, double)>& derivative, std::initializer_list<double> points,
                 double tolerance = 1e-12) {
  Vector v, d;
  for (double x : points) {
    curve.values(x, v, d);
    const Vector phi = curve.phi(x);
    for (int64_t r = 0; r < curve.n; ++r) {
      const std::string what = name + " " + std::to_string(r) + " at " + number(x);
      close(value(r, x), v[size_t(r)], tolerance, what);
      close(v[size_t(r)], phi[size_t(r)], tolerance, what + " (basis)");
      close(derivative(r, x), d[size_t(r)], 20 * tolerance, what + " derivative");
    }
  }
  curve.values(NAN, v, d);
  const Vector phi = curve.phi(NAN);
  for (int64_t r = 0; r < curve.n; ++r)
    CHECK_TEXT(std::isnan(v[size_t(r)]) && std::isnan(phi[size_t(r)]), name + " NaN");
}

void bells() {
  for (int32_t id : {KAN_BASIS_RBF, KAN_BASIS_RSWAF}) {
    Curve c(id, 6, 0);
    const Vector g = c.tensor("centres");
    const double w = c.tensor("inv_width")[0];
    const auto u = [&](int64_t r, double x) { return (x - g[size_t(r)]) * w; };
    if (id == KAN_BASIS_RBF) {
      check_curve(
          c, "rbf", [&](int64_t r, double x) { return std::exp(-u(r, x) * u(r, x)); },
          [&](int64_t r, double x) { return -2 * u(r, x) * w * std::exp(-u(r, x) * u(r, x)); },
          {-3, -0.7, 0, 0.31, 2.5, 40});
    } else {
      check_curve(
          c, "rswaf", [&](int64_t r, double x) { return std::pow(std::cosh(u(r, x)), -2); },
          [&](int64_t r, double x) { return -2 * w * std::tanh(u(r, x)) * std::pow(std::cosh(u(r, x)), -2); },
          {-3, -0.7, 0, 0.31, 2.5, 30, -400});
    }
  }
}

void series() {
  Curve fourier(KAN_BASIS_FOURIER, 20, 0);
  check_curve(
      fourier, "fourier",
      [](int64_t r, double x) { return r < 20 ? std::cos(double(r + 1) * x) : std::sin(double(r - 19) * x); },
      [](int64_t r, double x) {
        return r < 20 ? -double(r + 1) * std::sin(double(r + 1) * x) : double(r - 19) * std::cos(double(r - 19) * x);
      },
      {-7, -0.3, 0, 1, 3.1, 25}, 1e-12);
  Curve chebyshev(KAN_BASIS_CHEBYSHEV, 8, 0);
  const auto angle = [](double x) { return std::acos(std::tanh(x)); };
  check_curve(
      chebyshev, "chebyshev", [&](int64_t r, double x) { return std::cos(double(r) * angle(x)); },
      [&](int64_t r, double x) {  // d/dx cos(r acos t) = r sin(r a) / sin(a) (1 - t^2) = r sin(r a) sin(a)
        return double(r) * std::sin(double(r) * angle(x)) * std::sin(angle(x));
      },
      {-2.5, -0.4, 0, 0.9, 3}, 1e-11);
  Vector v, d;
  for (double x : {9.0, 20.0, 100.0, 1e5, -40.0, double(INFINITY)}) {  // where tanh saturates
    chebyshev.values(x, v, d);
    for (size_t r = 0; r < v.size(); ++r) {
      close(x > 0 || r % 2 == 0 ? 1 : -1, v[r], 1e-5, "chebyshev saturated");
      CHECK_TEXT(std::isfinite(d[r]) && std::fabs(d[r]) < 1e-4, "chebyshev saturated derivative " + number(d[r]));
    }
  }
}

void jacobi_polynomials() {
  // Jacobi: Legendre, Chebyshev of both kinds up to a factor, and P_n(1) = binomial(n + a, n).
  const auto jacobi = [](double a, double b) { return [a, b](kan_layer_spec& s) { s.shape[0] = a, s.shape[1] = b; }; };
  Curve legendre(KAN_BASIS_JACOBI, 4, 0, kUniform, 0, jacobi(0, 0));
  const auto p = [](int64_t r, double t) {
    return r == 0   ? 1
           : r == 1 ? t
           : r == 2 ? (3 * t * t - 1) / 2
           : r == 3 ? (5 * t * t * t - 3 * t) / 2
                    : (35 * t * t * t * t - 30 * t * t + 3) / 8;
  };
  const auto dp = [](int64_t r, double t) {
    return r == 0 ? 0 : r == 1 ? 1 : r == 2 ? 3 * t : r == 3 ? (15 * t * t - 3) / 2 : (140 * t * t * t - 60 * t) / 8;
  };
  check_curve(
      legendre, "legendre", [&](int64_t r, double x) { return p(r, std::tanh(x)); },
      [&](int64_t r, double x) { return dp(r, std::tanh(x)) * (1 - std::tanh(x) * std::tanh(x)); },
      {-3, -0.2, 0, 0.5, 2});
  Curve second(KAN_BASIS_JACOBI, 7, 0, kUniform, 0, jacobi(0.5, 0.5)),
      first(KAN_BASIS_JACOBI, 7, 0, kUniform, 0, jacobi(-0.5, -0.5));
  Curve skew(KAN_BASIS_JACOBI, 6, 0, kUniform, 0, jacobi(1.5, -0.75));
  for (double x : {-1.5, -0.1, 0.8, 2.2}) {
    const double t = std::tanh(x), a = std::acos(t);
    const Vector u = second.phi(x), c = first.phi(x), s = skew.phi(x), one = skew.phi(60), minus = skew.phi(-60);
    double factor_u = 1, factor_c = 1, ends = 1, other = 1;  // P_n(1), P_n(-1) of each family
    for (int r = 0; r <= 7; ++r) {
      if (r > 0) factor_u *= (r + 0.5) / (r + 1.0), factor_c *= (r - 0.5) / r;
      close(factor_u * std::sin((r + 1) * a) / std::sin(a), u[size_t(r)], 1e-12, "jacobi 1/2 1/2");
      close(factor_c * std::cos(r * a), c[size_t(r)], 1e-12, "jacobi -1/2 -1/2");
      if (r > 6) continue;
      if (r > 0) ends *= (r + 1.5) / r, other *= -(r - 0.75) / r;
      close(ends, one[size_t(r)], 1e-11 * ends, "jacobi at 1");
      close(other, minus[size_t(r)], 1e-11, "jacobi at -1");
      CHECK(std::isfinite(s[size_t(r)]));
    }
  }
}

void waves_and_humps() {
  Curve sine(KAN_BASIS_SINE, 5, 0);
  const Vector f = sine.tensor("freq"), ph = sine.tensor("phase");
  check_curve(
      sine, "sine", [&](int64_t r, double x) { return std::sin(f[size_t(r)] * x + ph[size_t(r)]); },
      [&](int64_t r, double x) { return f[size_t(r)] * std::cos(f[size_t(r)] * x + ph[size_t(r)]); },
      {-9, -0.3, 0, 1, 30});
  Curve relu(KAN_BASIS_RELU, 5, 3);
  Vector low, high;
  for (int c = 0; c < 8; ++c) low.push_back((c - 3) / 5.0), high.push_back((c + 1) / 5.0);
  relu.set("phase_low", low), relu.set("phase_high", high);
  const auto q = [&](int64_t r, double x) {  // (4 (x - s)(e - x) / (e - s)^2)^2, 1 in the middle
    const double s = low[size_t(r)], e = high[size_t(r)];
    return x <= s || x >= e ? 0 : 4 * (x - s) * (e - x) / ((e - s) * (e - s));
  };
  check_curve(
      relu, "relu", [&](int64_t r, double x) { return q(r, x) * q(r, x); },
      [&](int64_t r, double x) {
        const double s = low[size_t(r)], e = high[size_t(r)];
        return x <= s || x >= e ? 0 : 2 * q(r, x) * 4 * (e + s - 2 * x) / ((e - s) * (e - s));
      },
      {-2, -0.33, 0, 0.2, 0.45, 0.9, 1.5, 3});
}

void fractions_and_sums() {
  Curve rational(KAN_BASIS_RATIONAL, 1, 0);
  const Vector a = rational.tensor("numerator"), b = rational.tensor("denominator");
  const auto fraction = [&](double x) {
    double num = 0, den = 1;
    for (int m = 5; m >= 0; --m) num = num * x + a[size_t(m)];
    for (int m = 1; m <= 4; ++m) den += std::fabs(b[size_t(m - 1)]) * std::pow(std::fabs(x), m);
    return num / den;
  };
  check_curve(
      rational, "rational", [&](int64_t, double x) { return fraction(x); },
      [&](int64_t, double x) {
        const double h = 1e-3;
        return (8 * (fraction(x + h) - fraction(x - h)) - fraction(x + 2 * h) + fraction(x - 2 * h)) / (12 * h);
      },
      {-3, -0.5, 0.4, 2.5}, 1e-10);
  close(a[0], rational.phi(0)[0], 1e-15, "rational at 0");
  Curve both(KAN_BASIS_BSRBF, 5, 3), spline(KAN_BASIS_BSPLINE, 5, 3);
  spline.set("knots", both.tensor("knots"));
  const Vector g = both.tensor("centres");
  const double w = both.tensor("inv_width")[0];
  for (double x : {-3.0, -1.2, -0.4, 0.0, 0.77, 1.3, 5.0}) {
    const Vector sum_phi = both.phi(x), b_phi = spline.phi(x);
    for (size_t c = 0; c < g.size(); ++c) {
      const double u = (x - g[c]) * w;
      close(b_phi[c] + std::exp(-u * u), sum_phi[c], 1e-13, "bsrbf");
    }
  }
}

// Outside the domain a basis expects: what docs/bases.md says.
void far_outside() {
  for (double x : {-1e18, -1e3, 1e3, 1e18}) {
    Vector v, d, end, slope;
    for (int32_t id : {KAN_BASIS_RBF, KAN_BASIS_RSWAF, KAN_BASIS_RELU, KAN_BASIS_BSRBF}) {
      Curve vanishing(id, 5, 3);
      vanishing.values(x, v, d);
      for (size_t r = 0; r < v.size(); ++r) {
        CHECK_TEXT(v[r] == 0 && d[r] == 0,
                   "basis " + std::to_string(id) + " far outside: " + number(v[r]) + ", slope " + number(d[r]));
      }
    }
    for (int32_t id : {KAN_BASIS_CHEBYSHEV, KAN_BASIS_JACOBI}) {
      Curve saturating(id, 6, 0);
      saturating.values(x, v, d);
      saturating.values(std::copysign(40, x), end, slope);
      for (size_t r = 0; r < v.size(); ++r) {
        close(end[r], v[r], 1e-9, "polynomial " + std::to_string(id) + " where tanh is 1");
        CHECK_TEXT(d[r] == 0, "polynomial " + std::to_string(id) + " slope where tanh is 1: " + number(d[r]));
      }
    }
    Curve rational(KAN_BASIS_RATIONAL, 1, 0);
    const double a = rational.tensor("numerator")[5], b = std::fabs(rational.tensor("denominator")[3]);
    close(a / b, rational.phi(x * 1e6)[0] / (x * 1e6), 1e-6 * std::fabs(a / b), "rational grows like a line");
  }
  for (int32_t id : {KAN_BASIS_FOURIER, KAN_BASIS_SINE}) {
    Curve periodic(id, 7, 0);
    for (double x : {-1e5, 1e5}) {
      for (double value : periodic.phi(x))
        CHECK_TEXT(std::fabs(value) <= 1 + 1e-12, "periodic at " + number(x) + ": " + number(value));
    }
  }
}

// psi by its formula; the layer's translation and scale set to 0 and 1.
void wavelets() {
  const double norm = 2 / (std::sqrt(3.0) * std::pow(kPi, 0.25));
  for (int32_t kind = KAN_WAVELET_HAT; kind <= KAN_WAVELET_SHANNON; ++kind) {
    kan_layer_spec s = layer_spec(KAN_LAYER_KAN, KAN_F64, 3, 1);
    s.basis = KAN_BASIS_WAVELET, s.wavelet = kind;
    Model m(context, {s, "wavelet", kUniform}, 3);
    m.set(context, m.find("weight"), {1, 0, 0});
    m.set(context, m.find("scale"), {1, 1, 1});
    m.set(context, m.find("translation"), {0, 0, 0});
    const double window = kind == KAN_WAVELET_SHANNON ? 0.54 - 0.46 : 1;  // of input 0
    const auto psi = [&](double u) {
      const double v = std::fabs(u), e = std::exp(-u * u / 2), t = 2 * v - 1;
      switch (kind) {
        case KAN_WAVELET_HAT: return norm * (u * u - 1) * e;
        case KAN_WAVELET_MORLET: return std::cos(5 * u) * e;
        case KAN_WAVELET_DOG: return -u * e;
        case KAN_WAVELET_MEYER:
          return std::sin(kPi * v) *
                 (v <= 0.5 ? 1
                  : v >= 1 ? 0
                           : std::cos(kPi / 2 * t * t * t * t * (35 - 84 * t + 70 * t * t - 20 * t * t * t)));
        default: return u == 0 ? 1 : std::sin(u) / u;
      }
    };
    for (double u : {-6.0, -1.0, -0.8, -0.3, 0.0, 1e-9, 0.2, 0.49, 0.51, 0.75, 1.0, 2.4, 12.0}) {
      const Results r = run_passes(context, m, 1, {u, 0.5, 0.5}, {1});
      close(window * psi(u), r.y[0], 1e-13, "wavelet " + std::to_string(kind) + " at " + number(u));
      const double h = 1e-4;
      if (kind == KAN_WAVELET_MEYER && std::fabs(u) < 2 * h) continue;  // its kink
      const double slope = (8 * (psi(u + h) - psi(u - h)) - psi(u + 2 * h) + psi(u - 2 * h)) / (12 * h);
      close(window * slope, r.d_x[0], 1e-9, "wavelet " + std::to_string(kind) + " derivative at " + number(u));
    }
    CHECK(std::isnan(run_passes(context, m, 1, {NAN, 0.5, 0.5}, {1}).y[0]));
    for (double u : {-1e9, 1e9}) {
      const Results r = run_passes(context, m, 1, {u, 0.5, 0.5}, {1});
      CHECK_TEXT(std::fabs(r.y[0]) <= 1e-9 && std::fabs(r.d_x[0]) <= 1e-9,
                 "wavelet " + std::to_string(kind) + " far outside");
    }
  }
}

void activations() {
  const std::function<double(double)> forms[] = {{},
                                                 [](double x) { return x; },
                                                 [](double x) { return x / (1 + std::exp(-x)); },
                                                 [](double x) { return x > 0 ? x : 0; },
                                                 [](double x) { return x / 2 * std::erfc(-x / std::sqrt(2.0)); },
                                                 [](double x) { return std::tanh(x); },
                                                 [](double x) { return 1 / (1 + std::exp(-x)); }};
  for (int32_t a = KAN_ACTIVATION_IDENTITY; a <= KAN_ACTIVATION_SIGMOID; ++a) {
    kan_layer_spec s = layer_spec(KAN_LAYER_ACTIVATION, KAN_F64, 1, 1);
    s.activation = a;
    const Model m(context, {s, "activation", kUniform}, 3);
    const auto& f = forms[a];
    for (double x : {-1000.0, -37.0, -3.0, -0.4, 0.3, 1.0, 5.0, 40.0, 800.0}) {
      const std::string what = "activation " + std::to_string(a) + " at " + number(x);
      const Results r = run_passes(context, m, 1, {x}, {1});
      close(f(x), r.y[0], 2e-13 * (1 + std::fabs(f(x))), what);
      const double h = 1e-3;
      close((8 * (f(x + h) - f(x - h)) - f(x + 2 * h) + f(x - 2 * h)) / (12 * h), r.d_x[0], 1e-9, what + " derivative");
    }
    CHECK(std::isnan(run_passes(context, m, 1, {NAN}, {1}).y[0]));
  }
}

// NaN spoils its own row and no other; the rest of the row's features do not hide it.
void not_a_number() {
  for (int32_t dtype : {KAN_F32, KAN_F64}) {
    uint64_t seed = 1;
    for (const Case& base : all_cases(dtype)) {
      const Case c = sized(base, 5, 3);
      if (c.spec.kind == KAN_LAYER_BATCHNORM) continue;  // mixes rows by definition
      Model m(context, c, seed++);
      if (m.find("mask") >= 0) m.set(context, m.find("mask"), Vector(m.natural[size_t(m.find("mask"))].size(), 1));
      Random random(seed);
      const int64_t in = m.spec.in_features, out = m.spec.out_features, batch = 19;
      Vector x = random_input(random, c, batch * in);
      const Vector d_y(size_t(batch * out), 1);
      const Results clean = run_passes(context, m, batch, x, d_y);
      const int64_t row = 6, column = 1;
      x[size_t(row * in + column)] = NAN;
      const Results spoiled = run_passes(context, m, batch, x, d_y);
      const bool alone =
          m.spec.kind == KAN_LAYER_ACTIVATION || m.spec.kind == KAN_LAYER_AFFINE || m.spec.kind == KAN_LAYER_MULTIPLY;
      for (int64_t b = 0; b < batch; ++b) {
        for (int64_t o = 0; o < out; ++o) {
          const size_t i = size_t(b * out + o);
          if (b != row) CHECK_TEXT(spoiled.y[i] == clean.y[i], c.name + ": a NaN changed another row");
          else if (!alone || o == column)
            CHECK_TEXT(std::isnan(spoiled.y[i]) && std::isnan(spoiled.y_infer[i]), c.name + ": NaN was lost");
        }
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> names = {"auto", "reference", "baseline", "avx2", "avx512"};
  int32_t tier = -1;
  for (size_t t = 1; argc == 2 && t < names.size(); ++t)
    if (names[t] == argv[1]) tier = int32_t(t);
  if (tier < 0) return std::printf("usage: basis reference|baseline|avx2|avx512\n"), 2;
  if (tier > highest_tier()) return std::printf("basis: this processor or build has no tier %s\n", argv[1]), 77;
  context = make_context(tier, 2);
  splines();
  bells();
  series();
  jacobi_polynomials();
  waves_and_humps();
  fractions_and_sums();
  far_outside();
  wavelets();
  activations();
  not_a_number();
  kan_context_destroy(context);
  return check::finish("basis");
}
