package io.mistersmith.persistence.core.internal.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SealedJsonTest {

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void bytesAreOneMemberInBase64() throws Exception {
    byte[] json = SealedJson.write(new byte[] {0, 1, (byte) 0xff});

    assertThat(new String(json, StandardCharsets.UTF_8)).isEqualTo("{\"$sealed\":\"AAH/\"}");
    assertThat(SealedJson.read(json)).hasValue(new byte[] {0, 1, (byte) 0xff});
  }

  @Test
  void blanksOfJsonbAreRead() throws Exception {
    assertThat(SealedJson.read(utf8(" {\n\"$sealed\" : \"AAH/\" }\t"))).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "\"$sealed\"",
        "{}",
        "[{\"$sealed\":\"\"}]",
        "{\"sealed\":\"AA==\"}",
        "{\"$sea"
      })
  void otherJsonIsNotSealed(String json) throws Exception {
    assertThat(SealedJson.read(utf8(json))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"$sealed\"",
        "{\"$sealed\":1}",
        "{\"$sealed\":\"AA==\"",
        "{\"$sealed\":\"AA==\",\"x\":1}",
        "{\"$sealed\":\"AA==\"} {}",
        "{\"$sealed\":\"A-\"}"
      })
  void whatOnlyBeginsSoIsDamaged(String json) {
    assertThatThrownBy(() -> SealedJson.read(utf8(json))).isInstanceOf(DamagedException.class);
  }
}
