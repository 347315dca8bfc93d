package io.mistersmith.persistence.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.NonTransientPersistenceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RevisionTest {

  @Test
  void aLaterEpochIsLaterWhateverTheSequence() {
    assertThat(new Revision(2, 1).isAfter(new Revision(1, 1_000_000))).isTrue();
    assertThat(new Revision(2, 2).isAfter(new Revision(2, 1))).isTrue();
    assertThat(new Revision(2, 1).isAfter(new Revision(2, 1))).isFalse();
  }

  @Test
  void readsWhatItWrites() {
    Revision revision = new Revision(12, 9_223_372_036_854_775_807L);
    assertThat(Revision.parse(revision.toString())).isEqualTo(revision);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-", "1", "1-", "-1", "1-2-3", "0-1", "1-0", "a-b", "1- 2"})
  void refusesAnythingElse(String text) {
    assertThatThrownBy(() -> Revision.parse(text))
        .isInstanceOf(NonTransientPersistenceException.class);
  }
}
