package io.mistersmith.persistence.core.internal.state.journal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HighestTest {

  private final Highest highest = new Highest();

  @Test
  void takesWhatLiesAfterTheMark() {
    long mark = highest.mark(0);
    assertThat(highest.note(mark, 5)).isTrue();
    assertThat(highest.note(mark, 3)).isTrue();
    assertThat(highest.get()).isEqualTo(5);
    assertThat(highest.note(highest.mark(0), 5)).isFalse();
    assertThat(highest.note(highest.mark(7), 7)).isFalse();
    assertThat(highest.note(highest.mark(7), 8)).isTrue();
  }

  @Test
  void takesNothingOfAnEarlierTerm() {
    long before = highest.mark(0);
    highest.restartAt(2);
    assertThat(highest.note(before, 900)).isFalse();
    assertThat(highest.get()).isEqualTo(2);
    assertThat(highest.note(highest.mark(0), 3)).isTrue();
  }

  @Test
  void manyTermsLater() {
    for (int i = 0; i < 70_000; i++) {
      long before = highest.mark(0);
      highest.restartAt(i);
      assertThat(highest.get()).isEqualTo(i);
      assertThat(highest.note(before, i + 10L)).isFalse();
    }
  }
}
