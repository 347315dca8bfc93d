package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyEncodingTest {

  private static final String START = "0953._agent._.";
  private static final String LEGAL = "[-_/=A-Za-z0-9]+(\\.[-_/=A-Za-z0-9]+)*";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "plain-_9|plain-_9",
        "a.b.c|a.b.c",
        "a..b|a.=.b",
        ".a|=.a",
        "a.|a.=",
        ".|=.=",
        "..|=.=.=",
        "=|=3D",
        "a.=.b|a.=3D.b",
        "a:b|a=3Ab",
        "=2E|=3D2E",
        "/AAA|=2FAAA",
        "a b|a=20b",
        "*|=2A",
        ">|=3E",
        "é|/ADp",
        "日|/GXl",
        "\ud83e\udd16|/QfkW",
      })
  void writesKeysAsSpecified(String key, String encoded) {
    assertThat(KeyEncoding.encode(StateKey.of(AgentId.external("agent"), key)))
        .isEqualTo("0953._agent._." + encoded);
  }

  @Test
  void anAgentIsOneToken() {
    assertThat(KeyEncoding.encode(StateKey.of(AgentId.external("a.b"), "c.d")))
        .isEqualTo("0421._a=2Eb._.c.d");
    assertThat(KeyEncoding.encodeAgent(AgentId.external("a.b"))).isEqualTo("0421._a=2Eb");
  }

  @Test
  void aTypeIsOneToken() {
    StateKey key = new StateKey(AgentId.external("agent"), "plan-2", "c.d");
    assertThat(KeyEncoding.encode(key)).isEqualTo("0953._agent.plan-2.c.d");
    assertThat(KeyEncoding.decode("0953._agent.plan-2.c.d")).contains(key);
  }

  @Test
  void aFilterPassesWholeLevelsOfAPrefix() {
    AgentId agent = AgentId.external("agent");
    assertThat(KeyEncoding.filter(agent, "")).isEqualTo("0953._agent.>");
    assertThat(KeyEncoding.filter(agent, "pl")).isEqualTo("0953._agent.>");
    assertThat(KeyEncoding.filter(agent, "plan.")).isEqualTo("0953._agent.plan.>");
    assertThat(KeyEncoding.filter(agent, "plan.a b.c")).isEqualTo("0953._agent.plan.a=20b.>");
    assertThat(KeyEncoding.filter(agent, "plan.a..")).isEqualTo("0953._agent.plan.a.=.>");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "agent",
        "agent.",
        ".key",
        "agent..key",
        "agent.a=2e",
        "agent.a=41",
        "agent.a=2Eb",
        "agent.=.",
        "agent..=",
        "agent.==",
        "agent.a=2",
        "agent.a=",
        "agent.a=ZZ",
        "agent.=00",
        "agent./",
        "agent./AD",
        "agent./ABA",
        "agent./ADp.",
        "agent./QAAA",
        "agent./UQAA",
        "agent./VAAA",
        "agent./9999",
        "agent./NgA",
        "agent.a:b",
        "agent.a b",
        "agent.a*",
        "ag:ent.a",
        "agent.é",
      })
  void readsNothingThatItWouldNotWrite(String encoded) {
    assertThat(KeyEncoding.decode(encoded)).isEmpty();
    assertThat(KeyEncoding.decode("0953._" + encoded.replaceFirst("[.]", "._."))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0952._agent._.key",
        "953._agent._.key",
        "1024._agent._.key",
        "0953.agent._.key",
        "0953._agent.key",
        "0953._agent.__.key",
        "0953._agent.pl=61n.key",
        "0953._agent._",
        "0953._agent._.",
        "_agent._.key",
      })
  void readsNoKeyWithoutItsShardOwnerAndType(String encoded) {
    assertThat(KeyEncoding.decode(encoded)).isEmpty();
  }

  @Test
  void anyTextComesBackAndNoTwoShareASubject() {
    Random random = new Random(20_240_607);
    Set<StateKey> keys = new HashSet<>();
    Set<String> encodings = new HashSet<>();
    for (int i = 0; i < 50_000; i++) {
      StateKey key = StateKey.of(AgentId.external(text(random)), text(random));
      String encoded = KeyEncoding.encode(key);
      assertThat(encoded).matches(LEGAL).hasSizeLessThan(4_000);
      assertThat(KeyEncoding.decode(encoded)).as(encoded).contains(key);
      if (keys.add(key)) {
        assertThat(encodings.add(encoded)).as(encoded).isTrue();
      }
    }
  }

  @Test
  void randomEncodingsAreReadOnlyWhenTheyAreCanonical() {
    Random random = new Random(42);
    String alphabet = "./=-_AQVaz0123489DEFe:*é";
    int read = 0;
    for (int i = 0; i < 200_000; i++) {
      StringBuilder encoded = new StringBuilder();
      for (int length = 1 + random.nextInt(9); length > 0; length--) {
        encoded.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      String text = START + encoded;
      read += KeyEncoding.decode(text).isPresent() ? 1 : 0;
      KeyEncoding.decode(text)
          .ifPresent(key -> assertThat(KeyEncoding.encode(key)).isEqualTo(text));
    }
    assertThat(read).as("how many were encodings").isGreaterThan(1_000);
  }

  @Test
  void everyCodePointComesBack() {
    for (int c = 1; c <= Character.MAX_CODE_POINT; c++) {
      if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
        continue;
      }
      StateKey key = StateKey.of(AgentId.external("a"), "x" + Character.toString(c) + "A");
      if (!KeyEncoding.decode(KeyEncoding.encode(key)).filter(key::equals).isPresent()) {
        assertThat(KeyEncoding.decode(KeyEncoding.encode(key))).contains(key);
      }
    }
  }

  @Test
  void theLongestKeysStayBelowAProtocolLine() {
    String longest = "\ud83e\udd16".repeat(StateKey.MAX_LENGTH);
    assertThat(KeyEncoding.encodeAgent(AgentId.external(longest))).hasSize(1_281);
    assertThat(KeyEncoding.encode(StateKey.of(AgentId.external(longest), longest)))
        .hasSize(1_281 + 3 + 1_275);
  }

  @Test
  void prefixesOfLevelsArePrefixesOfSubjects() {
    String level =
        KeyEncoding.encode(StateKey.of(AgentId.external("agent"), "run ü.x")).replaceAll("x$", "");
    for (String rest : List.of("1", "2.a", "ü")) {
      assertThat(KeyEncoding.encode(StateKey.of(AgentId.external("agent"), "run ü." + rest)))
          .startsWith(level);
    }
  }

  private static String text(Random random) {
    String nasty = "..../=:*> $%_-aA0\u007f\u00e9\uffff";
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(50) == 0 ? 255 : 1 + random.nextInt(8);
    for (int i = 0; i < length; i++) {
      int kind = random.nextInt(4);
      int codePoint =
          switch (kind) {
            case 0 -> 1 + random.nextInt(127);
            case 1 -> 0x80 + random.nextInt(0xD800 - 0x80);
            case 2 -> 0x10000 + random.nextInt(0x100000);
            default -> nasty.charAt(random.nextInt(nasty.length()));
          };
      text.appendCodePoint(codePoint);
    }
    return text.toString();
  }
}
