package io.mistersmith.persistence.core.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.core.soak.Fault.Kind;
import io.mistersmith.persistence.model.Revision;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Judges found entries against the ledger. */
class PromiseTest {

  private final Ledger ledger = new Ledger();
  private final Ledger.Book book = ledger.open();

  private void take(String... lines) {
    for (String line : lines) {
      assertThat(book.take(line)).isTrue();
    }
  }

  private Optional<Kind> judge(String key, Found found) {
    return ledger.judge(key, promise -> promise.judge(found)).map(Fault::kind);
  }

  private static Found found(long sequence, String id) {
    return new Found(Optional.of(new Revision.OfJournal(1, sequence)), Optional.of(id));
  }

  private static Found tombstone(long sequence) {
    return new Found(Optional.of(new Revision.OfJournal(1, sequence)), Optional.empty());
  }

  @Test
  void theLastAcknowledgedWriteOrALaterOneIsThere() {
    take("I w1 OWNED a/k SAVE", "A w1 1-5 w1", "I w2 OWNED a/k SAVE");
    assertThat(judge("a/k", found(5, "w1"))).isEmpty();
    assertThat(judge("a/k", found(6, "w2"))).isEmpty();
    assertThat(judge("a/k", found(5, "w2"))).contains(Kind.LOST);
    assertThat(judge("a/k", found(6, "w1"))).contains(Kind.LOST);
    assertThat(judge("a/k", found(4, "w0"))).contains(Kind.LOST);
    assertThat(judge("a/k", tombstone(6))).contains(Kind.LOST);
    assertThat(judge("a/k", Found.NOTHING)).contains(Kind.LOST);
    assertThat(judge("a/other", Found.NOTHING)).isEmpty();
  }

  @Test
  void whatIsDeletedStaysAway() {
    take("I w1 OWNED a/k SAVE", "A w1 1-5 w1", "I w2 OWNED a/k DELETE", "A w2 - ");
    assertThat(judge("a/k", tombstone(6))).isEmpty();
    assertThat(judge("a/k", found(5, "w1"))).contains(Kind.RESURRECTED);
    take("I w3 OWNED a/k SAVE");
    assertThat(judge("a/k", found(7, "w3"))).isEmpty();
    take("A w3 1-7 w3");
    assertThat(judge("a/k", tombstone(6))).contains(Kind.LOST);
  }

  @Test
  void whatFailedDoesNotHappenLaterButWhatWasKilledMay() {
    take("I w1 OWNED a/k SAVE", "F w1", "I w2 OWNED a/k SAVE", "A w2 1-5 w2");
    assertThat(judge("a/k", found(6, "w1"))).contains(Kind.LOST);
    take("I w3 OWNED a/k SAVE");
    book.close();
    Ledger.Book next = ledger.open();
    assertThat(next.take("I w4 OWNED a/k SAVE") && next.take("A w4 1-8 w4")).isTrue();
    assertThat(judge("a/k", found(9, "w3"))).isEmpty();
    take("I w5 OWNED a/k SAVE", "N w5");
    assertThat(judge("a/k", found(9, "w5"))).contains(Kind.LOST);
  }

  @Test
  void ofManyWritersTheLatestRevisionCounts() {
    take("I w1 SHARED a/k SAVE", "I w2 SHARED a/k DELETE", "A w2 1-7 ", "A w1 1-6 w1");
    assertThat(judge("a/k", tombstone(7))).isEmpty();
    assertThat(judge("a/k", found(6, "w1"))).contains(Kind.RESURRECTED);
  }

  @Test
  void whatMayHaveExpiredMayBeGone() {
    take("I w1 EXPIRING a/e SAVE", "A w1 1-5 w1", "I w2 EXPIRING a/e EXPIRE");
    assertThat(judge("a/e", Found.NOTHING)).isEmpty();
    take("A w2 1-6 w2");
    assertThat(judge("a/e", Found.NOTHING)).isEmpty();
    assertThat(judge("a/e", found(5, "w1"))).contains(Kind.LOST);
  }

  @Test
  void everyChangeOfACrdtCountsOnce() {
    take("I w1 COUNTER a/c SAVE", "A w1 1-5 ", "I w2 COUNTER a/c SAVE");
    assertThat(count(1)).isEmpty();
    assertThat(count(2)).isEmpty();
    assertThat(count(0)).contains(Kind.LOST);
    assertThat(count(3)).contains(Kind.LOST);
    take("I w3 SET a/s SAVE", "A w3 1-6 ", "I w4 SET a/s SAVE", "A w4 1-7 ");
    take("I w3- SET a/s DELETE");
    assertThat(elements("w3", "w4")).isEmpty();
    assertThat(elements("w3")).contains(Kind.LOST);
    take("A w3- 1-8 ");
    assertThat(elements("w4")).isEmpty();
    assertThat(elements("w3", "w4")).contains(Kind.RESURRECTED);
  }

  private Optional<Kind> count(long count) {
    return ledger.judgeCrdt("a/c", promise -> promise.judgeCount(count)).map(Fault::kind);
  }

  private Optional<Kind> elements(String... elements) {
    return ledger
        .judgeCrdt("a/s", promise -> promise.judgeElements(Set.of(elements)))
        .map(Fault::kind);
  }
}
