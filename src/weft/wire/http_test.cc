#include "weft/wire/http.h"

#include <gtest/gtest.h>

#include <format>

namespace weft::wire {
namespace {

/// What a reader made of some bytes, in one string that can be compared.
struct Reading {
  std::string story;
  bool failed = false;
  int refusal = 0;
  friend bool operator==(const Reading&, const Reading&) = default;
};

std::string tell(const Headers& headers) {
  std::string out;
  for (const auto& [name, value] : headers) out += std::format("[{}={}]", name, value);
  return out;
}

class Feeder {
 public:
  explicit Feeder(HttpReader::Kind kind, HttpLimits limits = {})
      : kind_(kind), reader_(kind, limits) {}

  bool feed(std::string_view bytes) {
    while (!reading.failed) {
      std::size_t used = 0;
      const auto step = reader_.feed(bytes, used);
      if (!step) {
        reading.failed = true;
        reading.refusal = reader_.refusal_status();
        return false;
      }
      bytes.remove_prefix(used);
      note(*step);
      if (*step == HttpStep::need_more && bytes.empty()) return true;
    }
    return false;
  }

  void finish() {
    if (reading.failed) return;
    const auto step = reader_.finish();
    if (!step) {
      reading.failed = true;
    } else {
      note(*step);
    }
  }

  HttpReader& reader() { return reader_; }
  Reading reading;

 private:
  void note(HttpStep step) {
    if (step == HttpStep::head && kind_ == HttpReader::Kind::request) {
      const RequestHead& head = reader_.request();
      reading.story +=
          std::format("{} {} {}{}{}{}\n", head.method, head.target, tell(head.headers),
                      head.keep_alive ? " keep" : " close", head.chunked ? " chunked" : "",
                      head.expect_continue ? " expect" : "");
    }
    if (step == HttpStep::head && kind_ == HttpReader::Kind::response) {
      const ResponseHead& head = reader_.response();
      reading.story +=
          std::format("{} {}{}{}\n", head.status, tell(head.headers),
                      head.keep_alive ? " keep" : " close", head.chunked ? " chunked" : "");
    }
    if (step == HttpStep::body) reading.story += reader_.body();
    if (step == HttpStep::complete) reading.story += "\n--\n";
  }

  HttpReader::Kind kind_;
  HttpReader reader_;
};

Reading read_whole(HttpReader::Kind kind, std::string_view bytes, HttpLimits limits = {}) {
  Feeder feeder(kind, limits);
  feeder.feed(bytes);
  feeder.finish();
  return feeder.reading;
}

/// The same result whatever the pieces: every split in two, and byte by byte.
Reading read_any_way(HttpReader::Kind kind, std::string_view bytes, HttpLimits limits = {}) {
  const Reading whole = read_whole(kind, bytes, limits);
  const auto same = [&](const Reading& other, std::string_view how) {
    EXPECT_EQ(whole.failed, other.failed) << how << "\n" << bytes;
    if (whole.failed) {
      EXPECT_EQ(whole.refusal, other.refusal) << how << "\n" << bytes;
    } else {
      EXPECT_EQ(whole.story, other.story) << how;
    }
  };
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    Feeder feeder(kind, limits);
    if (feeder.feed(bytes.substr(0, at))) feeder.feed(bytes.substr(at));
    feeder.finish();
    same(feeder.reading, std::format("split at {}", at));
  }
  Feeder single(kind, limits);
  for (const char& c : bytes) {
    if (!single.feed({&c, 1})) break;
  }
  single.finish();
  same(single.reading, "byte by byte");
  return whole;
}

Reading request(std::string_view bytes, HttpLimits limits = {}) {
  return read_any_way(HttpReader::Kind::request, bytes, limits);
}
Reading response(std::string_view bytes) { return read_any_way(HttpReader::Kind::response, bytes); }

constexpr auto kRequest = HttpReader::Kind::request;
constexpr auto kResponse = HttpReader::Kind::response;

TEST(HttpReader, ReadsRequests) {
  EXPECT_EQ(request("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n").story,
            "GET /a?b=c [Host=x] keep\n\n--\n");
  EXPECT_EQ(request("POST / HTTP/1.1\r\nHost: x:80\r\nContent-Length: 5\r\n\r\nhello").story,
            "POST / [Host=x:80][Content-Length=5] keep\nhello\n--\n");
  EXPECT_EQ(request("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                    "Chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: t\r\n\r\n")
                .story,
            "POST / [Host=x][Transfer-Encoding=Chunked] keep chunked\nhello\n--\n");
  EXPECT_EQ(request("GET / HTTP/1.0\r\n\r\n").story, "GET /  close\n\n--\n");
  EXPECT_EQ(request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").story,
            "GET / [Connection=keep-alive] keep\n\n--\n");
  EXPECT_EQ(request("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").story,
            "GET / [Host=x][Connection=close] close\n\n--\n");
  EXPECT_EQ(
      request("PUT /f HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na")
          .story,
      "PUT /f [Host=x][Expect=100-continue][Content-Length=1] keep expect\na\n--\n");
  EXPECT_EQ(request("OPTIONS * HTTP/1.1\r\nHost: [::1]:8420\r\n\r\n").story,
            "OPTIONS * [Host=[::1]:8420] keep\n\n--\n");
  EXPECT_EQ(request("GET / HTTP/1.1\r\nHost: x\r\nA:  spaced \t \r\nB:\r\n\r\n").story,
            "GET / [Host=x][A=spaced][B=] keep\n\n--\n");
}

TEST(HttpReader, ReadsPipelinedRequests) {
  EXPECT_EQ(request("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: "
                    "x\r\nContent-Length: 2\r\n\r\nab"
                    "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n")
                .story,
            "GET /1 [Host=x] keep\n\n--\nPOST /2 [Host=x][Content-Length=2] keep\nab\n--\nGET /3 "
            "[Host=x] keep\n\n--\n");
}

TEST(HttpReader, AbsoluteFormBecomesOriginForm) {
  EXPECT_EQ(request("GET http://x/a?b HTTP/1.1\r\nHost: x\r\n\r\n").story,
            "GET /a?b [Host=x] keep\n\n--\n");
  EXPECT_EQ(request("GET http://X HTTP/1.1\r\nHost: x\r\n\r\n").story,
            "GET / [Host=x] keep\n\n--\n");
  EXPECT_EQ(request("GET http://x?q HTTP/1.1\r\nHost: x\r\n\r\n").story,
            "GET /?q [Host=x] keep\n\n--\n");
  EXPECT_TRUE(request("GET http://y/a HTTP/1.1\r\nHost: x\r\n\r\n").failed);
  EXPECT_TRUE(request("GET ftp://x/a HTTP/1.1\r\nHost: x\r\n\r\n").failed);
}

// Attack 1: what two implementations could read in two ways.
TEST(HttpReader, RefusesSmuggling) {
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  const std::string chunks = "\r\n0\r\n\r\n";
  const std::vector<std::string> forms = {
      post + "Transfer-Encoding: xchunked\r\n" + chunks,
      post + "Transfer-Encoding: gzip\r\n" + chunks,
      post + "Transfer-Encoding: chunked, gzip\r\n" + chunks,
      post + "Transfer-Encoding: gzip, chunked\r\n" + chunks,
      post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + chunks,
      post +
          "Transfer-Encoding: \x0b"
          "chunked\r\n" +
          chunks,
      post + "Transfer-Encoding:\r\n" + chunks,
      post + "Transfer-Encoding : chunked\r\n" + chunks,
      "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + chunks,
      post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n" + chunks,
      post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n" + chunks,
      post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
      post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
      post + "Content-Length: 3, 3\r\n\r\nabc",
      post + "Content-Length: +5\r\n\r\nhello",
      post + "Content-Length: -1\r\n\r\n",
      post + "Content-Length: 0x3\r\n\r\nabc",
      post + "Content-Length: 3 3\r\n\r\nabc",
      post + "Content-Length:\r\n\r\n",
      post + "Content-Length: 99999999999999999999999\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
      "GET / HTTP/1.1\r\nHost:\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: user@x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x:port\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\n A: b\r\n\r\n",
      "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
      "GET / HTTP/1.1\nHost: x\n\n",
      "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\n\n",
      "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\r\n\r\n",
      std::string("GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", 35),
      std::string("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 28),
      "GET / HTTP/1.1\r\nHost: x\r\nA\x01: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nA: b\x01\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nA: b\x7f\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\n: c\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /#f HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET a HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
      "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/0.9\r\nHost: x\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.2\r\nHost: x\r\n\r\n",
      "GET /\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\x16\x03\x01\x02",
      "WHAT / HTTP/1.1\r\nHost: x\r\n\r\n",
      post + "Expect: 200-ok\r\nContent-Length: 1\r\n\r\na",
      post + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\nhello\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\n\r\n",
      post + "Content-Length: 3\r\n\r\nab",
      "GET / HTTP/1.1\r\nHost: x\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n",
  };
  for (const std::string& form : forms) EXPECT_TRUE(request(form).failed) << form;
}

TEST(HttpReader, SaysHowToRefuse) {
  const auto refusal = [](std::string_view bytes, HttpLimits limits = {}) {
    return request(bytes, limits).refusal;
  };
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(refusal("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n"), 501);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nHost: x\r\nExpect: y\r\n\r\n"), 417);
  EXPECT_EQ(refusal("GET /aaaaaaaaaaaaaaaa HTTP/1.1\r\nHost: x\r\n\r\n", {.target_chars_max = 16}),
            414);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\nC: d\r\n\r\n", {.headers_max = 2}), 431);
  EXPECT_EQ(
      refusal("GET / HTTP/1.1\r\nHost: x\r\nA: bbbbbbbbbbbbb\r\n\r\n", {.head_bytes_max = 40}),
      431);
}

// Attack 2, in small.
TEST(HttpReader, LimitsFraming) {
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const HttpLimits limits{.chunk_overhead_max = 64};
  EXPECT_FALSE(request(post + "1;a=" + std::string(40, 'x') + "\r\na\r\n0\r\n\r\n", limits).failed);
  EXPECT_TRUE(request(post + "1;a=" + std::string(100, 'x') + "\r\na\r\n0\r\n\r\n", limits).failed);
  EXPECT_TRUE(request(post + std::string(100, '0') + "1\r\na\r\n0\r\n\r\n", limits).failed);
  EXPECT_TRUE(
      request(post + "1\r\na\r\n0\r\nA: " + std::string(100, 'x') + "\r\n\r\n", limits).failed);
  std::string many = post;
  for (int i = 0; i < 8; ++i) many += "1;a=" + std::string(32, 'x') + "\r\na\r\n";
  EXPECT_TRUE(request(many + "0\r\n\r\n", limits).failed);
  std::string plain = post;
  for (int i = 0; i < 100; ++i) plain += "1\r\na\r\n";
  EXPECT_FALSE(request(plain + "0\r\n\r\n", limits).failed);
}

TEST(HttpReader, LimitsAHeadThatNeverEnds) {
  Feeder feeder(kRequest);
  feeder.feed("GET / HTTP/1.1\r\nHost: x\r\nA: ");
  std::size_t sent = 0;
  const std::string piece(1024, 'a');
  while (feeder.feed(piece)) sent += piece.size();
  EXPECT_LE(sent, HttpLimits().head_bytes_max);
  EXPECT_EQ(feeder.reading.refusal, 431);
}

TEST(HttpReader, ReadsResponses) {
  EXPECT_EQ(
      response("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 204 No Content\r\n\r\n")
          .story,
      "200 [Content-Length=2] keep\nhi\n--\n204  keep\n\n--\n");
  EXPECT_EQ(
      response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n").story,
      "200 [Transfer-Encoding=chunked] keep chunked\nhi\n--\n");
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\n\r\nuntil the end").story,
            "200  close\nuntil the end\n--\n");
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\n\r\n").story, "200  close\n\n--\n");
  EXPECT_EQ(response("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 "
                     "201 \r\nContent-Length: 0\r\n\r\n")
                .story,
            "201 [Content-Length=0] keep\n\n--\n");
  EXPECT_EQ(response("HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n").story,
            "304 [Content-Length=50] keep\n\n--\n");
  EXPECT_EQ(response("HTTP/1.1 204 No Content\r\nContent-Length: 50\r\n\r\n").story,
            "204 [Content-Length=50] keep\n\n--\n");
}

TEST(HttpReader, AnAnswerToHeadHasNoBody) {
  Feeder feeder(kResponse);
  feeder.reader().expect_no_body();
  feeder.feed(
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
  EXPECT_EQ(feeder.reading.story,
            "200 [Content-Length=9] keep\n\n--\n200 [Content-Length=1] keep\na\n--\n");
}

TEST(HttpReader, RefusesBadResponses) {
  const std::vector<std::string> forms = {
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/2.0 200 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
      "SSH-2.0-OpenSSH\r\n",
      "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\nx",
  };
  for (const std::string& form : forms) EXPECT_TRUE(response(form).failed) << form;
  std::string interim;
  for (int i = 0; i < 40; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_TRUE(read_whole(kResponse, interim).failed);
}

TEST(HttpWriter, WhatIsWrittenIsReadBack) {
  RequestHead head;
  head.method = "POST";
  head.target = "/a?b=%20";
  head.headers.add("Host", "x");
  head.headers.add("X-Text", "caf\xc3\xa9\tx");
  std::string bytes;
  write_request_head(bytes, head);
  EXPECT_EQ(request(bytes).story, "POST /a?b=%20 [Host=x][X-Text=caf\xc3\xa9\tx] keep\n\n--\n");
  ResponseHead answer;
  answer.status = 404;
  answer.headers.add("Content-Length", "0");
  bytes.clear();
  write_response_head(bytes, answer);
  EXPECT_EQ(bytes, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

TEST(Headers, NamesAreComparedWithoutCase) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string name(size, 'k');
    EXPECT_TRUE(same_name(name, std::string(size, 'K')));
    EXPECT_FALSE(same_name(name, name + "k"));
    for (std::size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string other = name;
        other[at] = static_cast<char>(c);
        ASSERT_EQ(same_name(name, other), c == 'k' || c == 'K') << size << ' ' << at << ' ' << c;
      }
    }
  }
  for (int c = 0; c < 256; ++c) {
    const std::string upper(11, static_cast<char>(c));
    const std::string lower(11, static_cast<char>(c ^ 0x20));
    const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    EXPECT_EQ(same_name(upper, lower), letter) << c;
  }
}

TEST(Headers, KeepTheirOrder) {
  Headers headers;
  headers.add("A", "1");
  headers.add("b", "2");
  headers.add("a", "3");
  EXPECT_EQ(headers.get("a"), "1");
  EXPECT_EQ(headers.count("A"), 2U);
  headers.set("a", headers.get("b"));
  EXPECT_EQ(tell(headers), "[a=2][b=2]");
  headers.set("C", "4");
  headers.remove("B");
  EXPECT_EQ(tell(headers), "[a=2][C=4]");
  // What is added may lie in the headers themselves, also when they grow.
  for (int i = 0; i < 1000; ++i) headers.add(headers[0].first, headers[0].second);
  EXPECT_EQ(headers.count("a"), 1001U);
  EXPECT_EQ(headers[1001].second, "2");
  headers.add("Connection", "keep-alive , Upgrade");
  EXPECT_TRUE(headers.has_token("connection", "upgrade"));
  EXPECT_FALSE(headers.has_token("connection", "up"));
}

TEST(Headers, ValuesAreChecked) {
  EXPECT_TRUE(valid_header_value("plain text of more than eight bytes\twith a tab"));
  EXPECT_TRUE(valid_header_value("\xc3\xa9\xff\x80 bytes above"));
  for (const char bad : {'\r', '\n', '\0', '\x01', '\x1f', '\x7f'}) {
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'a');
      text[at] = bad;
      EXPECT_FALSE(valid_header_value(text)) << int(bad) << " at " << at;
    }
  }
  EXPECT_FALSE(valid_header_name(""));
  EXPECT_FALSE(valid_header_name("a b"));
  EXPECT_TRUE(hop_by_hop("Transfer-Encoding"));
  EXPECT_FALSE(hop_by_hop("Content-Type"));
}

}  // namespace
}  // namespace weft::wire
