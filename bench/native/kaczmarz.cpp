// kan4j. Copyright 2026 The kan4j authors. SPDX-License-Identifier: Apache-2.0
//
// The Newton-Kaczmarz method of Polar and Poluektov (arXiv 2305.08194, 2512.18921) for bench/time-to-accuracy, written from the papers:
// a Kolmogorov-Arnold network of one hidden layer whose functions are piecewise linear,
//
//   m_k(x) = sum_h Phi_kh(sum_i f_hi(x_i)),
//
// changed row by row: each function's two ordinates around its argument take the residual t_k - m_k (of a hidden node: the residuals
// times the slopes of its Phi_kh), times mu / hidden, by their shares of the argument. A Phi whose argument leaves its domain is stretched.
// One thread; the rows come in a new order each epoch. Hidden nodes are lanes: the places of x_i are the same for all of them.
//
//   kaczmarz FOLDER HIDDEN INNER OUTER MU EPOCHS SEED
//
// FOLDER is one that time_to_accuracy.py made. INNER and OUTER are points of a function. A line an epoch: seconds on the processor
// without those of measuring, and the measure of the test rows.
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

struct Rows {
  std::vector<float> x, t;
};

struct Data {
  long in, out, rows, tests;
  std::string measure;
  double goal;
  Rows train, test;
};

std::vector<float> numbers(const std::string& file, long count) {
  std::vector<float> values(static_cast<size_t>(count));
  std::ifstream in(file, std::ios::binary);
  if (!in.read(reinterpret_cast<char*>(values.data()), count * 4)) {
    std::fprintf(stderr, "kaczmarz: expected %ld numbers in %s\n", count, file.c_str());
    std::exit(1);
  }
  return values;
}

Data read(const std::string& folder) {
  Data d;
  std::ifstream about(folder + "/about");
  if (!(about >> d.in >> d.out >> d.rows >> d.tests >> d.measure >> d.goal)) {
    std::fprintf(stderr, "kaczmarz: no data in %s\n", folder.c_str());
    std::exit(1);
  }
  const long columns = d.measure == "accuracy" ? 1 : d.out;
  d.train = {numbers(folder + "/train.x", d.rows * d.in), numbers(folder + "/train.y", d.rows * columns)};
  d.test = {numbers(folder + "/test.x", d.tests * d.in), numbers(folder + "/test.y", d.tests * columns)};
  return d;
}

class Network {
 public:
  Network(long in, long out, long hidden, long inner, long outer, float mu, unsigned seed)
      : in_(in), out_(out), hidden_(hidden), inner_(inner), outer_(outer), mu_(mu / float(hidden)),
        f_(size_t(in * inner * hidden)), phi_(size_t(out * hidden * outer)), low_(size_t(hidden), -1.1f),
        high_(size_t(hidden), 1.1f), z_(size_t(hidden)), delta_(size_t(hidden)), place_(size_t(in)), share_(size_t(in)),
        at_(size_t(hidden)), by_(size_t(hidden)), m_(size_t(out)) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (float& y : f_) y = uniform(random) / std::sqrt(float(in));
    for (float& y : phi_) y = uniform(random) / std::sqrt(float(hidden));
  }

  const std::vector<float>& outputs(const float* x, bool stretches) {
    std::fill(z_.begin(), z_.end(), 0.0f);
    for (long i = 0; i < in_; ++i) {
      const float place = (std::clamp(x[i], -1.0f, 1.0f) + 1) * 0.5f * float(inner_ - 1);
      place_[size_t(i)] = std::min(long(place), inner_ - 2);
      share_[size_t(i)] = place - float(place_[size_t(i)]);
      const float* y = &f_[size_t((i * inner_ + place_[size_t(i)]) * hidden_)];
      const float right = share_[size_t(i)], left = 1 - right;
      for (long h = 0; h < hidden_; ++h) z_[size_t(h)] += left * y[h] + right * y[hidden_ + h];
    }
    std::fill(m_.begin(), m_.end(), 0.0f);
    for (long h = 0; h < hidden_; ++h) {
      float &low = low_[size_t(h)], &high = high_[size_t(h)], z = z_[size_t(h)];
      if (stretches && z < low) low = z - 0.01f * (high - z);
      if (stretches && z > high) high = z + 0.01f * (z - low);
      const float place = (std::clamp(z, low, high) - low) / (high - low) * float(outer_ - 1);
      at_[size_t(h)] = std::min(long(place), outer_ - 2);
      by_[size_t(h)] = place - float(at_[size_t(h)]);
      const float* y = &phi_[size_t((h * outer_ + at_[size_t(h)]) * out_)];
      for (long k = 0; k < out_; ++k) m_[size_t(k)] += y[k] + by_[size_t(h)] * (y[out_ + k] - y[k]);
    }
    return m_;
  }

  // One row; t(k) is the target of output k.
  template <class T>
  void update(const float* x, T&& t) {
    outputs(x, true);
    for (long k = 0; k < out_; ++k) m_[size_t(k)] = (t(k) - m_[size_t(k)]) * mu_;
    for (long h = 0; h < hidden_; ++h) {
      float* y = &phi_[size_t((h * outer_ + at_[size_t(h)]) * out_)];
      const float right = by_[size_t(h)], left = 1 - right;
      float delta = 0;
      for (long k = 0; k < out_; ++k) {
        delta += m_[size_t(k)] * (y[out_ + k] - y[k]);
        y[k] += left * m_[size_t(k)];
        y[out_ + k] += right * m_[size_t(k)];
      }
      delta_[size_t(h)] = delta * float(outer_ - 1) / (high_[size_t(h)] - low_[size_t(h)]);
    }
    for (long i = 0; i < in_; ++i) {
      float* y = &f_[size_t((i * inner_ + place_[size_t(i)]) * hidden_)];
      const float right = share_[size_t(i)], left = 1 - right;
      for (long h = 0; h < hidden_; ++h) {
        y[h] += left * delta_[size_t(h)];
        y[hidden_ + h] += right * delta_[size_t(h)];
      }
    }
  }

 private:
  long in_, out_, hidden_, inner_, outer_;
  float mu_;
  std::vector<float> f_, phi_;  // [input][point][hidden], [hidden][point][output]
  std::vector<float> low_, high_, z_, delta_;
  std::vector<long> place_;
  std::vector<float> share_;
  std::vector<long> at_;
  std::vector<float> by_, m_;
};

double seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

double measure(const Data& d, Network& network) {
  double sum = 0;
  for (long b = 0; b < d.tests; ++b) {
    const std::vector<float>& m = network.outputs(&d.test.x[size_t(b * d.in)], false);
    if (d.measure == "accuracy") {
      sum += std::max_element(m.begin(), m.end()) - m.begin() == long(d.test.t[size_t(b)]);
    } else {
      for (long k = 0; k < d.out; ++k)
        sum += std::pow(double(m[size_t(k)]) - double(d.test.t[size_t(b * d.out + k)]), 2);
    }
  }
  return d.measure == "accuracy" ? sum / double(d.tests) : std::sqrt(sum / double(d.tests * d.out));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr, "usage: kaczmarz FOLDER HIDDEN INNER OUTER MU EPOCHS SEED\n");
    return 2;
  }
  const Data d = read(argv[1]);
  const bool labels = d.measure == "accuracy";
  const unsigned seed = unsigned(std::atoi(argv[7]));
  Network network(d.in, d.out, std::atol(argv[2]), std::atol(argv[3]), std::atol(argv[4]), float(std::atof(argv[5])),
                  seed);
  std::vector<long> order(size_t(d.rows), 0);
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 random(seed);
  double spent = 0;
  for (long epoch = 1; epoch <= std::atol(argv[6]); ++epoch) {
    const double begin = seconds();
    std::shuffle(order.begin(), order.end(), random);
    for (const long b : order)
      network.update(&d.train.x[size_t(b * d.in)], [&](long k) {
        return labels ? float(long(d.train.t[size_t(b)]) == k) : d.train.t[size_t(b * d.out + k)];
      });
    spent += seconds() - begin;
    const double reached = measure(d, network);
    std::printf("%.4f %.6f\n", spent, reached);
    std::fflush(stdout);
    if (labels ? reached >= d.goal : reached <= d.goal) return 0;
  }
  return 0;
}
