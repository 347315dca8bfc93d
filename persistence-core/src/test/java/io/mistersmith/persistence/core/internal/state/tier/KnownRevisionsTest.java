package io.mistersmith.persistence.core.internal.state.tier;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.model.Revision;
import java.time.Clock;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KnownRevisionsTest {

  @Test
  void keepsTheLatest() {
    KnownRevisions<String> known = new KnownRevisions<>(10, Clock.systemUTC());
    known.note("a", new Revision.OfJournal(1, 5), Optional.empty());
    known.note("a", new Revision.OfJournal(1, 3), Optional.empty());
    assertThat(known.of("a")).contains(new Revision.OfJournal(1, 5));
    known.note("a", new Revision.OfJournal(2, 1), Optional.empty());
    assertThat(known.of("a")).contains(new Revision.OfJournal(2, 1));
    assertThat(known.of("b")).isEmpty();
    assertThat(known.isIncomplete()).isFalse();
  }

  @Test
  void saysWhenItHadToForget() {
    KnownRevisions<Integer> known = new KnownRevisions<>(10, Clock.systemUTC());
    for (int i = 0; i < 100; i++) {
      known.note(i, new Revision.OfJournal(1, i + 1), Optional.empty());
    }
    assertThat(known.isIncomplete()).isTrue();
  }

  @Test
  void saysTheHighestThatItHadToForget() {
    KnownRevisions<Integer> known = new KnownRevisions<>(10, Clock.systemUTC());
    for (int i = 1; i <= 10; i++) {
      known.note(i, new Revision.OfJournal(1, i), Optional.empty());
    }
    assertThat(known.highestForgotten()).isEmpty();
    for (int i = 11; i <= 100; i++) {
      known.note(i, new Revision.OfJournal(1, i), Optional.empty());
    }
    Revision highest = known.highestForgotten().orElseThrow();
    for (int i = 1; i <= 100; i++) {
      if (known.of(i).isEmpty()) {
        assertThat(new Revision.OfJournal(1, i).isAfter(highest)).isFalse();
      }
    }
  }

  @Test
  void nothingIsForgottenOfAStoreThatWentBack() {
    KnownRevisions<Integer> known = new KnownRevisions<>(10, Clock.systemUTC());
    for (int i = 1; i <= 100; i++) {
      known.note(i, new Revision.OfJournal(1, i), Optional.empty());
    }
    assertThat(known.isIncomplete()).isTrue();
    known.clear();
    assertThat(known.isIncomplete()).isFalse();
    assertThat(known.highestForgotten()).isEmpty();
  }

  @Test
  void clearingIsNoOverflow() {
    KnownRevisions<Integer> known = new KnownRevisions<>(10, Clock.systemUTC());
    known.note(1, new Revision.OfJournal(1, 1), Optional.empty());
    known.clear();
    assertThat(known.of(1)).isEmpty();
    assertThat(known.isIncomplete()).isFalse();
  }
}
