package io.mistersmith.persistence.core.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Members are handed on as they are written. */
class JsonMembersTest {

  private static JsonMembers of(String json) {
    return JsonMembers.of(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void handsValuesOnAsTheyAreWritten() {
    JsonMembers members =
        of(
            """
            {"number" : 1.2300000000000000000000000001E+400, "text": "caf\\u00e9 \u65e5",
             "object": {"a" : [1, {"b": "}"}]}, "list":[ ], "nothing": null, "yes":true,
             "last" : -0 }\
            """);
    assertThat(members.json("number")).contains("1.2300000000000000000000000001E+400");
    assertThat(members.json("text")).contains("\"caf\\u00e9 \u65e5\"");
    assertThat(members.text("text")).contains("caf\u00e9 \u65e5");
    assertThat(members.json("object")).contains("{\"a\" : [1, {\"b\": \"}\"}]}");
    assertThat(members.text("object")).isEmpty();
    assertThat(members.json("list")).contains("[ ]");
    assertThat(members.json("nothing")).isEmpty();
    assertThat(members.json("missing")).isEmpty();
    assertThat(members.json("yes")).contains("true");
    assertThat(members.json("last")).contains("-0");
    assertThat(members.text("last")).contains("-0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "1", "{\"a\":", "nothing"})
  void refusesWhatIsNoObject(String json) {
    assertThatThrownBy(() -> of(json)).isInstanceOf(NonTransientPersistenceException.class);
  }
}
