package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class SqlTextTest {

  @Provide
  Arbitrary<String> anyText() {
    Arbitrary<Character> care = Arbitraries.of('\0', '\\', 'u', '0', '\ud83e', '\udd16', '\uffff');
    return Arbitraries.oneOf(care, Arbitraries.chars().all())
        .list()
        .ofMaxSize(40)
        .map(SqlTextTest::join);
  }

  private static String join(Iterable<Character> characters) {
    StringBuilder text = new StringBuilder();
    characters.forEach(text::append);
    return text.toString();
  }

  @Property
  void whateverIsEscapedCanBeStoredAndComesBack(@ForAll("anyText") String text) {
    String escaped = SqlText.escape(text);
    assertThat(SqlText.isStorable(escaped)).isTrue();
    assertThat(SqlText.unescape(escaped)).isEqualTo(text);
  }

  @Property
  void whatCanBeStoredIsLeftAsItIs(@ForAll("anyText") String text) {
    boolean asItIs = SqlText.storable(text).equals(text);
    assertThat(asItIs).isEqualTo(SqlText.isStorable(text));
  }

  @Test
  void escapesAreReadable() {
    assertThat(SqlText.storable("a\0\ud83eb\\c")).isEqualTo("a\\u0000\\ud83eb\\\\c");
    assertThat(SqlText.storable("\ud83e\udd16\\")).isEqualTo("\ud83e\udd16\\");
  }
}
