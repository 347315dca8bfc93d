package io.mistersmith.persistence.core.internal.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class SealedFormTest {

  private static final UUID ID = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
  private static final byte[] PLAIN = utf8("{\"a\":1}");
  private static final byte[] BINDING = utf8("binding");

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }

  private static DataKey key() {
    byte[] bytes = new byte[DataKey.BYTES];
    Arrays.fill(bytes, (byte) 7);
    return new DataKey(ID, "s", bytes, Instant.EPOCH);
  }

  private static byte[] seal() {
    return SealedForm.seal(key(), new byte[SealedForm.NONCE], BINDING, PLAIN);
  }

  @Test
  void theJdkKnowsTheAnswersOfTheStandard() throws Exception {
    // Test case 16 of "The Galois/Counter Mode of Operation", McGrew and Viega
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    SecretKeySpec key =
        new SecretKeySpec(
            hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"), "AES");
    cipher.init(
        Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(128, hex("cafebabefacedbaddecaf888")));
    cipher.updateAAD(hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
    assertThat(
            cipher.doFinal(
                hex(
                    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")))
        .isEqualTo(
            hex(
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                    + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                    + "76fc6ece0f4e1768cddf8853bb2d551b"));
  }

  @Test
  void theFormIsHeaderNonceAndCiphertext() throws Exception {
    byte[] sealed = seal();

    assertThat(sealed).hasSize(SealedForm.OVERHEAD + PLAIN.length);
    assertThat(Arrays.copyOf(sealed, 17)).isEqualTo(hex("0100112233445566778899aabbccddeeff"));
    assertThat(Arrays.copyOfRange(sealed, 17, 29)).isEqualTo(new byte[12]);
    assertThat(SealedForm.keyId(sealed)).isEqualTo(ID);
    assertThat(SealedForm.open(sealed, id -> key(), BINDING)).isEqualTo(PLAIN);
  }

  @Test
  void noBitCanBeChanged() {
    byte[] sealed = seal();
    for (int bit = 0; bit < sealed.length * 8; bit++) {
      byte[] changed = sealed.clone();
      changed[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> SealedForm.open(changed, id -> key(), BINDING))
          .as("bit %d", bit)
          .isInstanceOf(DamagedException.class);
    }
  }

  @Test
  void nothingCanBeCutOff() {
    byte[] sealed = seal();
    for (int length = 0; length < sealed.length; length++) {
      byte[] cut = Arrays.copyOf(sealed, length);
      assertThatThrownBy(() -> SealedForm.open(cut, id -> key(), BINDING))
          .as("%d bytes", length)
          .isInstanceOf(DamagedException.class);
    }
  }

  @Test
  void anotherBindingIsRefused() {
    byte[] sealed = seal();

    assertThatThrownBy(() -> SealedForm.open(sealed, id -> key(), utf8("other")))
        .isInstanceOf(DamagedException.class);
  }
}
