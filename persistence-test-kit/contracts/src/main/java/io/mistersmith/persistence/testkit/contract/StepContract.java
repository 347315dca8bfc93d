package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.SaveOptions.Durability;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import org.junit.jupiter.api.Test;

public abstract class StepContract extends PersistenceContract {

  private static final StateType<Integer> CURSOR = StateType.of("cursor", Integer.class);
  private static final StateType<String> TURNS = StateType.of("turns", String.class);
  private static final StateType<String> BOARD = StateType.of("board", String.class);
  private static final StateType<Integer> RULED =
      StateType.of("ruled", Integer.class)
          .withRules(ConflictRules.of(ConflictResolver.lastWriteWins()));

  /** For implementations. */
  protected StepContract() {}

  @Test
  void allEntriesAreWrittenAndEachHasItsRevision() {
    Step.Committed done =
        persistence()
            .step()
            .save(CURSOR, key("it"), 1)
            .save(TURNS, key("it"), "hello")
            .save(BOARD, key("it"), "empty")
            .commit();

    assertThat(found(CURSOR).value()).isEqualTo(1);
    assertThat(found(CURSOR).revision()).isEqualTo(done.revision(CURSOR, key("it")));
    assertThat(found(TURNS).revision()).isEqualTo(done.revision(TURNS, key("it")));
    assertThat(found(BOARD).revision()).isEqualTo(done.revision(BOARD, key("it")));
    assertThat(done.revisions().values()).doesNotHaveDuplicates().hasSize(3);
    assertThatThrownBy(() -> done.revision(BOARD, key("other")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void eachWriteHasItsExpectation() {
    Revision first =
        persistence()
            .step()
            .save(CURSOR, key("it"), 1, SaveOptions.ifAbsent())
            .save(TURNS, key("it"), "hello", SaveOptions.ifAbsent())
            .commit()
            .revision(CURSOR, key("it"));
    Step.Committed second =
        persistence()
            .step()
            .save(CURSOR, key("it"), 2, SaveOptions.at(first))
            .save(BOARD, key("it"), "new", SaveOptions.ifAbsent())
            .delete(TURNS, key("it"))
            .commit();
    assertThat(found(CURSOR).value()).isEqualTo(2);
    assertThat(persistence().states(TURNS).find(key("it"))).isEmpty();

    Step third =
        persistence()
            .step()
            .save(TURNS, key("it"), "again", SaveOptions.ifAbsent())
            .delete(BOARD, key("it"), second.revision(BOARD, key("it")))
            .save(CURSOR, key("it"), 3, SaveOptions.at(second.revision(CURSOR, key("it"))));
    third.commit();
    assertThat(found(TURNS).value()).isEqualTo("again");
    assertThat(persistence().states(BOARD).find(key("it"))).isEmpty();
  }

  @Test
  void aConflictNamesItsKeysAndNothingIsWritten() {
    Revision first = persistence().states(CURSOR).save(key("it"), 1).revision();
    persistence().states(CURSOR).save(key("it"), 2);
    persistence().states(BOARD).save(key("it"), "mine");

    Step both =
        persistence()
            .step()
            .save(TURNS, key("it"), "hello")
            .save(CURSOR, key("it"), 3, SaveOptions.at(first))
            .save(BOARD, key("it"), "other", SaveOptions.ifAbsent());
    assertThatThrownBy(both::commit)
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> {
              assertThat(e.error()).isEqualTo(DataError.VERSION_CONFLICT);
              assertThat(e.isTransient()).isTrue();
              assertThat(e).hasMessageContaining("cursor.it").hasMessageContaining("board.it");
              assertThat(e.getMessage()).doesNotContain("turns.it");
              assertThat(e.getSuppressed()).hasSize(2);
            });
    assertThat(persistence().states(TURNS).find(key("it"))).isEmpty();
    assertThat(found(CURSOR).value()).isEqualTo(2);
    assertThat(found(BOARD).value()).isEqualTo("mine");

    Step duplicate =
        persistence()
            .step()
            .save(TURNS, key("it"), "hello")
            .save(BOARD, key("it"), "other", SaveOptions.ifAbsent());
    assertFails(DataError.DUPLICATE_KEY, duplicate::commit);
    assertThat(persistence().states(TURNS).find(key("it"))).isEmpty();
  }

  @Test
  void theLastWriteOfAKeyCounts() {
    Step.Committed done =
        persistence()
            .step()
            .save(CURSOR, key("it"), 1, SaveOptions.ifAbsent())
            .save(CURSOR, key("it"), 2)
            .commit();
    assertThat(done.revisions()).hasSize(1);
    assertThat(found(CURSOR).value()).isEqualTo(2);
  }

  @Test
  void whatCannotBeInAStepIsRefusedWhenItIsAdded() {
    Step step = persistence().step().save(CURSOR, key("it"), 1);
    StateKey others = StateKey.of(AgentId.external("other"), "it");
    assertFails(DataError.INVALID_KEY, () -> step.save(CURSOR, others, 2));
    assertFails(
        DataError.MISCONFIGURED, () -> step.save(TURNS.in(DataType.SESSION_DATA), key("x"), "x"));
    assertFails(DataError.MISCONFIGURED, () -> step.save(RULED, key("it"), 1));
    step.commit();
    assertThat(found(CURSOR).value()).isEqualTo(1);
    assertThatThrownBy(step::commit).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> persistence().step().commit())
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aTypeWithRulesIsWrittenAtItsRevision() {
    persistence()
        .step()
        .save(RULED, key("it"), 1, SaveOptions.ifAbsent())
        .save(BOARD, key("it"), "one")
        .commit();
    Versioned<Integer> first = found(RULED);
    persistence()
        .step()
        .save(RULED, key("it"), 2, SaveOptions.at(first.revision()).basedOn(first))
        .save(BOARD, key("it"), "two")
        .commit();
    assertThat(found(RULED).value()).isEqualTo(2);
    assertThat(found(RULED).clock()).isNotEqualTo(first.clock());
    persistence().states(RULED).save(key("it"), 3);
    assertThat(found(RULED).value()).isEqualTo(3);
    Step late = persistence().step().save(RULED, key("it"), 4, SaveOptions.at(first.revision()));
    assertFails(DataError.VERSION_CONFLICT, late::commit);
  }

  @Test
  void aStepThatIsTooLargeIsRefused() {
    Step many = persistence().step();
    for (int i = 0; i <= Step.MOST_WRITES; i++) {
      many.save(CURSOR, key("k" + i), i);
    }
    assertFails(DataError.VALUE_TOO_LARGE, many::commit);
    Step large = persistence().step();
    for (int i = 0; i < 16; i++) {
      large.save(TURNS, key("k" + i), "x".repeat(500_000));
    }
    assertFails(DataError.VALUE_TOO_LARGE, large::commit);
    assertThat(persistence().states(CURSOR).keys(agent(), "")).isEmpty();
  }

  @Test
  void aStepOfManyEntriesIsWritten() {
    Step many = persistence().step();
    for (int i = 0; i < Step.MOST_WRITES; i++) {
      many.save(CURSOR, key("k" + i), i);
    }
    many.commit();
    persistence().lifecycle().flush(agent(), SOON);
    assertThat(persistence().states(CURSOR).keys(agent(), "")).hasSize(Step.MOST_WRITES);
  }

  @Test
  void sessionsCanBeWrittenTogether() {
    StateType<String> carts = StateType.of("cart", String.class).in(DataType.SESSION_DATA);
    persistence().step().save(carts, key("a"), "1").save(carts, key("b"), "2").commit();
    assertThat(persistence().states(carts).find(key("b")).orElseThrow().value()).isEqualTo("2");
    Step waits = persistence().step().save(carts, key("a"), "2");
    assertFails(
        DataError.MISCONFIGURED,
        () ->
            waits.save(
                carts,
                key("b"),
                "3",
                SaveOptions.unconditional().withDurability(Durability.SQL_COMMITTED)));
  }

  @Test
  void anEntryThatWasEvictedIsReplacedInAStep() {
    Revision cursor =
        persistence()
            .step()
            .save(CURSOR, key("it"), 1)
            .save(BOARD, key("it"), "one")
            .commit()
            .revision(CURSOR, key("it"));
    assertThat(evictAll(2)).isEqualTo(2);
    Persistence later = open(config().build());
    Step at =
        later
            .step()
            .save(CURSOR, key("it"), 2, SaveOptions.at(cursor))
            .save(TURNS, key("it"), "new", SaveOptions.ifAbsent());
    at.commit();
    assertThat(later.states(CURSOR).find(key("it")).orElseThrow().value()).isEqualTo(2);
    Step again = later.step().save(BOARD, key("it"), "two", SaveOptions.ifAbsent());
    assertFails(DataError.DUPLICATE_KEY, again::commit);
  }

  private <T> Versioned<T> found(StateType<T> type) {
    return persistence().states(type).find(key("it")).orElseThrow();
  }
}
