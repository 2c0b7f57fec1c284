#include <vector>

namespace shop {

class Cart : public Base {
 public:
  explicit Cart(int size) : size_(size) {
    check(size);
    log(size);
    prices_.resize(size);
  }
  virtual ~Cart() = default;

  bool operator==(const Cart& other) const {
    const int mine = size_;
    const int theirs = other.size_;
    return mine == theirs;
  }

 private:
  int size_;
  std::vector<double> prices_;
};

template <typename T>
double sum(const T& prices) {
  double found = 0;
  each(prices, [&](double price) {
    found += price;
  });
  return found;
}

}  // namespace shop

double* shop::Cart::data()
{
  check(size_);
  log(size_);
  return prices_.data();
}
