#include "weft/wire/digest.h"

#include <gtest/gtest.h>

#include "weft/base/hex.h"

namespace weft::wire {
namespace {

std::string of(DigestKind kind, std::string_view bytes) {
  Digest digest(kind);
  // In two pieces: what comes out may not depend on how it came in.
  digest.add(bytes.substr(0, bytes.size() / 2));
  digest.add(bytes.substr(bytes.size() / 2));
  const std::string out = digest.finish();
  EXPECT_EQ(out.size(), digest_bytes(kind));
  return weft::hex({reinterpret_cast<const std::uint8_t*>(out.data()), out.size()});
}

TEST(Digest, PublishedValues) {
  // The check values of the CRC catalogue and of RFC 1321, FIPS 180.
  EXPECT_EQ(of(DigestKind::crc32, "123456789"), "cbf43926");
  EXPECT_EQ(of(DigestKind::crc32c, "123456789"), "e3069283");
  EXPECT_EQ(of(DigestKind::crc64nvme, "123456789"), "ae8b14860a799888");
  EXPECT_EQ(of(DigestKind::md5, "message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(of(DigestKind::sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(of(DigestKind::sha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(of(DigestKind::crc32, ""), "00000000");
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, HmacOfRfc4231) {
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256("", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digest, WordsOfChecksums) {
  EXPECT_EQ(checksum_kind_from("CRC64NVME"), DigestKind::crc64nvme);
  EXPECT_EQ(checksum_kind_from("sha256"), DigestKind::sha256);
  EXPECT_EQ(checksum_kind_from("md5"), std::nullopt);
  EXPECT_EQ(checksum_kind_from(""), std::nullopt);
}

TEST(Digest, EqualInConstantTime) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
}

}  // namespace
}  // namespace weft::wire
