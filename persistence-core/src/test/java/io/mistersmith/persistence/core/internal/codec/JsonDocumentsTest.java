package io.mistersmith.persistence.core.internal.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonDocumentsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":1,\"b\":[true]}|{\"b\": [true], \"a\": 1}|true",
        "\"\\u0041\"|\"A\"|true",
        "0.10000000000000000001|0.10000000000000000002|false",
        "[1,2]|[2,1]|false",
        "{\"a\":null}|{}|false",
        "1|\"1\"|false",
        "no json|no  json|false"
      })
  void comparesWhatTheyMean(String one, String other, boolean same) {
    assertThat(JsonDocuments.areSame(one.getBytes(UTF_8), other.getBytes(UTF_8))).isEqualTo(same);
  }
}
