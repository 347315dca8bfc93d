package io.mistersmith.persistence.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The quick start counts what is missing, differs, or should not be there. */
class VerificationTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static Map<String, JsonNode> entries(String... keysAndValues)
      throws JsonProcessingException {
    Map<String, JsonNode> entries = new HashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      entries.put(keysAndValues[i], JSON.readTree(keysAndValues[i + 1]));
    }
    return entries;
  }

  @Test
  void findsEverything() throws JsonProcessingException {
    assertThat(
            Verification.compare(
                1,
                entries("a", "{\"n\":1e2,\"o\":[1.0,null]}", "b", "1"),
                entries("a", "{\"o\":[1,null],\"n\":100}", "b", "1")))
        .isEqualTo(new Verification(1, 2, 0, 0));
  }

  @Test
  void countsAMissingKeyAsLost() throws JsonProcessingException {
    assertThat(Verification.compare(1, entries("a", "1", "b", "2"), entries("a", "1")))
        .isEqualTo(new Verification(1, 1, 1, 0));
  }

  @Test
  void countsAMissingAgentAsLost() throws JsonProcessingException {
    assertThat(Verification.compare(0, entries(), entries()))
        .isEqualTo(new Verification(0, 0, 1, 0));
  }

  @Test
  void countsOtherAndUnexpectedValuesAsMismatched() throws JsonProcessingException {
    assertThat(Verification.compare(1, entries("a", "1"), entries("a", "2", "b", "3")))
        .isEqualTo(new Verification(1, 1, 0, 2));
  }
}
