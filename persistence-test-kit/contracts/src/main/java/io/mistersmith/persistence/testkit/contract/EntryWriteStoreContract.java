package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.EntryWriteStore;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Basis;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Change;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Pending;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The contract of the changes of entries that are committed and not in KV yet. */
public abstract class EntryWriteStoreContract extends UnitContract {

  private static final Basis BASIS = new Basis(7, Optional.of(new Revision.OfJournal(1, 5)));

  private final StateKey key = StateKey.of(AgentId.external("user 1"), "cart");

  /** For implementations. */
  protected EntryWriteStoreContract() {}

  private EntryWriteStore changes() {
    return sql().entryWrites();
  }

  private Change change(String token) {
    return new Change(key, Optional.of(bytes(token)), token, "correlation " + token);
  }

  private static byte[] bytes(String text) {
    return ("\"" + text + "\"").getBytes(StandardCharsets.UTF_8);
  }

  private Pending writeAndBase(String token) {
    Pending written = changes().write(change(token));
    assertThat(changes().base(key, token, BASIS)).isTrue();
    return written;
  }

  @Test
  void aChangeIsReadAsItWasWritten() {
    Pending written = writeAndBase("t1");
    assertThat(written.basis()).isEmpty();
    assertThat(written.earlier()).isEmpty();

    Pending found = changes().find(key).orElseThrow();
    assertThat(found.change().key()).isEqualTo(key);
    assertThat(found.change().json().orElseThrow()).isEqualTo(bytes("t1"));
    assertThat(found.change().token()).isEqualTo("t1");
    assertThat(found.change().correlationId()).isEqualTo("correlation t1");
    assertThat(found.basis()).contains(BASIS);
    assertThat(found.refused()).isEmpty();
  }

  @Test
  void aDeleteHasNoValueAndABasisMayHaveNoRevision() {
    Pending unused = changes().write(new Change(key, Optional.empty(), "t1", "c"));
    Basis nothing = new Basis(0, Optional.empty());
    assertThat(changes().base(key, "t1", nothing)).isTrue();

    Pending found = changes().find(key).orElseThrow();
    assertThat(found.change().json()).isEmpty();
    assertThat(found.basis()).contains(nothing);
  }

  @Test
  void aBasisIsSetOnce() {
    Pending unused = writeAndBase("t1");
    assertThat(changes().base(key, "t1", new Basis(8, Optional.empty()))).isFalse();
    assertThat(changes().base(key, "t2", BASIS)).isFalse();
    assertThat(changes().find(key).orElseThrow().basis()).contains(BASIS);
  }

  @Test
  void aLaterChangeSupersedesOneThatWaits() {
    Pending unused = writeAndBase("t1");
    Pending second = changes().write(change("t2"));
    Pending third = changes().write(change("t3"));

    assertThat(second.basis()).contains(BASIS);
    assertThat(third.earlier()).containsExactlyInAnyOrder("t1", "t2");
    assertThat(changes().waiting(9)).extracting(row -> row.change().token()).containsExactly("t3");
  }

  @Test
  void aLaterChangeReplacesOneThatWasRefused() {
    Pending unused = writeAndBase("t1");
    assertThat(changes().refuse(key, "t1", "somebody wrote")).isTrue();

    Pending second = changes().write(change("t2"));

    assertThat(second.basis()).isEmpty();
    assertThat(second.earlier()).isEmpty();
    assertThat(second.refused()).isEmpty();
  }

  @Test
  void onlyTheChangeThatIsMeantIsRemovedOrRefused() {
    Pending unused = writeAndBase("t1");
    Pending superseding = changes().write(change("t2"));

    assertThat(changes().remove(key, "t1")).isFalse();
    assertThat(changes().refuse(key, "t1", "late")).isFalse();
    assertThat(changes().find(key).orElseThrow().change().token())
        .isEqualTo(superseding.change().token());
    assertThat(changes().remove(key, "t2")).isTrue();
    assertThat(changes().find(key)).isEmpty();
  }

  @Test
  void aRefusedChangeIsListedAndWaitsAgainWithAnotherBasis() {
    Pending unused = writeAndBase("t1");
    Pending superseding = changes().write(change("t2"));
    assertThat(changes().retry(key, superseding.change().token(), BASIS)).as("it waits").isFalse();
    assertThat(changes().refuse(key, "t2", "somebody wrote")).isTrue();
    assertThat(changes().refuse(key, "t2", "again")).as("refused already").isFalse();
    assertThat(changes().waiting(9)).isEmpty();
    assertThat(changes().refused(9))
        .singleElement()
        .satisfies(row -> assertThat(row.refused()).contains("somebody wrote"));

    Basis other = new Basis(12, Optional.empty());
    assertThat(changes().retry(key, "t2", other)).isTrue();

    assertThat(changes().refused(9)).isEmpty();
    Pending again = changes().find(key).orElseThrow();
    assertThat(again.basis()).contains(other);
    assertThat(again.earlier()).isEmpty();
  }

  @Test
  void changesAreListedTheOldestFirstAndNoMoreThanAskedFor() {
    StateKey other = key.withType("other");
    Pending unused = writeAndBase("t1");
    elapse(Duration.ofMillis(2));
    Pending later = changes().write(new Change(other, Optional.empty(), "t2", "c"));

    assertThat(changes().waiting(9))
        .extracting(row -> row.change().key())
        .containsExactly(key, later.change().key());
    assertThat(changes().waiting(1)).extracting(row -> row.change().key()).containsExactly(key);
  }

  @Test
  void aChangeIsCommittedWithItsTransaction() {
    IllegalStateException own = new IllegalStateException("of the work");
    assertThatThrownBy(
            () ->
                sql()
                    .inTransaction(
                        OPTIONS,
                        unit -> {
                          Pending unused = unit.entryWrites().write(change("t1"));
                          throw own;
                        }))
        .isSameAs(own);
    assertThat(changes().find(key)).isEmpty();

    Pending unused = sql().inTransaction(OPTIONS, unit -> unit.entryWrites().write(change("t2")));
    assertThat(changes().find(key)).isPresent();
  }

  @Test
  void aKeyThatATransactionWritesIsNotRemovedMeanwhile() {
    Pending unused = writeAndBase("t1");
    List<Boolean> removed =
        sql()
            .inTransaction(
                OPTIONS,
                unit -> {
                  Pending superseding = unit.entryWrites().write(change("t2"));
                  assertThat(superseding.earlier()).containsExactly("t1");
                  return List.of(changes().remove(key, "t1"));
                });
    assertThat(removed).containsExactly(false);
    assertThat(changes().find(key).orElseThrow().change().token()).isEqualTo("t2");
  }

  @Test
  void oneTransactionAfterTheOtherWritesAKey() throws Exception {
    CompletableFuture<Pending> second =
        sql()
            .inTransaction(
                OPTIONS,
                (SqlUnit unit) -> {
                  Pending first = unit.entryWrites().write(change("t1"));
                  assertThat(unit.entryWrites().base(key, first.change().token(), BASIS)).isTrue();
                  CompletableFuture<Pending> beside = beside(() -> changes().write(change("t2")));
                  assertHeld(beside);
                  return beside;
                });
    Pending superseding = second.get(60, TimeUnit.SECONDS);
    assertThat(superseding.earlier()).containsExactly("t1");
    assertThat(superseding.basis()).contains(BASIS);
  }
}
