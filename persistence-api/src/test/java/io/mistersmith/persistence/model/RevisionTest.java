package io.mistersmith.persistence.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RevisionTest {

  @Test
  void aLaterEpochIsLaterWhateverTheSequence() {
    assertThat(new Revision.OfJournal(2, 1).isAfter(new Revision.OfJournal(1, 1_000_000))).isTrue();
    assertThat(new Revision.OfJournal(2, 2).isAfter(new Revision.OfJournal(2, 1))).isTrue();
    assertThat(new Revision.OfJournal(2, 1).isAfter(new Revision.OfJournal(2, 1))).isFalse();
  }

  @Test
  void readsWhatItWrites() {
    Revision revision = new Revision.OfJournal(12, 9_223_372_036_854_775_807L);
    assertThat(Revision.parse(revision.toString())).isEqualTo(revision);
  }

  @Test
  void theVersionOfARowIsReadAsWritten() {
    Revision revision = new Revision.OfRow(9_223_372_036_854_775_807L);
    assertThat(revision).hasToString("v9223372036854775807");
    assertThat(Revision.parse(revision.toString())).isEqualTo(revision);
    assertThat(revision.isAfter(new Revision.OfRow(7))).isTrue();
    assertThat(new Revision.OfRow(7).isAfter(new Revision.OfRow(7))).isFalse();
  }

  @Test
  void twoKindsHaveNoOrder() {
    Revision row = new Revision.OfRow(7);
    Revision entry = new Revision.OfJournal(1, 7);
    for (List<Revision> pair : List.of(List.of(row, entry), List.of(entry, row))) {
      assertThat(pair.get(0)).isNotEqualTo(pair.get(1));
      assertThatThrownBy(() -> pair.get(0).isAfter(pair.get(1)))
          .isInstanceOf(NonTransientPersistenceException.class)
          .hasMessageContaining("v7")
          .hasMessageContaining("1-7");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "-", "1", "1-", "-1", "1-2-3", "0-1", "1-0", "a-b", "1- 2", "v", "v0", "v-1", "v1-2",
        "7"
      })
  void refusesAnythingElse(String text) {
    assertThatThrownBy(() -> Revision.parse(text))
        .isInstanceOf(NonTransientPersistenceException.class);
  }
}
