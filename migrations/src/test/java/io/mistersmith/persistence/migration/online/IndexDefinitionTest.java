package io.mistersmith.persistence.migration.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of indexes, and what cannot be one. */
class IndexDefinitionTest {
  private static IndexDefinition named(String name) {
    return IndexDefinition.btree("s", "t", name, List.of("a"));
  }

  private static TableRef partition(String name) {
    return new TableRef(1, "other", name, 'r');
  }

  @Test
  void partitionsIndexIsNamedAfterBoth() {
    IndexDefinition own = named("idx").on(partition("t_1"));

    assertThat(own).isEqualTo(IndexDefinition.btree("other", "t_1", "idx_t_1", List.of("a")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "\u00e4", "\ud83d\ude00"})
  void longNamesAreCutBetweenCharactersAndStayApart(String letter) {
    String prefix = letter.repeat(60 / letter.getBytes(StandardCharsets.UTF_8).length);
    String one = named(prefix).on(partition("part_1")).name();
    String two = named(prefix).on(partition("part_2")).name();

    assertThat(one).isNotEqualTo(two).matches(".*_[0-9a-f]{8}");
    assertThat(one.getBytes(StandardCharsets.UTF_8)).hasSizeBetween(60, 63);
    assertThat(new String(one.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
        .isEqualTo(one);
    assertThat(named(prefix).on(partition("part_1")).name()).as("found again").isEqualTo(one);
  }

  @Test
  void namesThatTheCatalogsWouldCutAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> named("x".repeat(64)))
        .withMessageContaining("name is");
    assertThatIllegalArgumentException().isThrownBy(() -> named(""));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> IndexDefinition.btree("s", "t", "i", List.of()))
        .withMessageContaining("columns of index i are 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> IndexDefinition.btree("s", "t", "i", Collections.nCopies(33, "a")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new IndexDefinition("s", "t", "i", List.of("a"), "btree (x); --"))
        .withMessageContaining("accessMethod");
  }

  @Test
  void settingsThatPostgresWouldTakeForNoneAreRefused() {
    ConcurrentIndex.Settings defaults = ConcurrentIndex.Settings.defaults();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> defaults.withLockTimeout(Duration.ZERO))
        .withMessageContaining("lockTimeout is PT0S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> defaults.withPatience(Duration.ofDays(25)))
        .withMessageContaining("patience");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> defaults.withAttempts(0))
        .withMessageContaining("attempts is 0");
  }
}
