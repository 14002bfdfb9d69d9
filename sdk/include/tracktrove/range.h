// A list that fetches its pages as it is walked:
//
//   for (absl::StatusOr<Transaction>& transaction : client.ListTransactions(request)) {
//     if (!transaction.ok()) return transaction.status();
//     ...
//   }
#ifndef TRACKTROVE_RANGE_H_
#define TRACKTROVE_RANGE_H_

#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tracktrove {

template <typename T>
struct Page {
  std::vector<T> items;
  // Empty on the last page.
  std::string next_page_token;
};

// Single pass: begin() may be called once. An error is the last element.
template <typename T>
class Range {
 public:
  using FetchPage = std::function<absl::StatusOr<Page<T>>(const std::string& page_token)>;

  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = absl::StatusOr<T>;
    using difference_type = std::ptrdiff_t;
    using pointer = value_type*;
    using reference = value_type&;

    iterator() = default;
    explicit iterator(Range* range) : range_(range) { ++*this; }

    reference operator*() const { return range_->current_; }
    pointer operator->() const { return &range_->current_; }
    iterator& operator++() {
      if (!range_->Advance()) range_ = nullptr;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& a, const iterator& b) { return a.range_ == b.range_; }

   private:
    Range* range_ = nullptr;
  };

  // `page_token` continues a list of which the caller has seen the start.
  explicit Range(FetchPage fetch, std::string page_token = "")
      : fetch_(std::move(fetch)), token_(std::move(page_token)) {}

  iterator begin() { return iterator(this); }
  iterator end() { return iterator(); }

 private:
  bool Advance() {
    while (next_ == items_.size()) {
      if (last_page_) return false;
      absl::StatusOr<Page<T>> page = fetch_(token_);
      // A token that stands still would make the list endless.
      if (page.ok() && !page->next_page_token.empty() && page->next_page_token == token_) {
        page = absl::InternalError("next_page_token: the server repeated it");
      }
      items_.clear();
      next_ = 0;
      last_page_ = !page.ok() || page->next_page_token.empty();
      if (!page.ok()) {
        current_ = page.status();
        return true;
      }
      items_ = std::move(page->items);
      token_ = std::move(page->next_page_token);
    }
    current_ = std::move(items_[next_++]);
    return true;
  }

  FetchPage fetch_;
  std::string token_;
  std::vector<T> items_;
  size_t next_ = 0;
  bool last_page_ = false;
  absl::StatusOr<T> current_ = absl::UnknownError("not begun");
};

}  // namespace tracktrove

#endif  // TRACKTROVE_RANGE_H_
