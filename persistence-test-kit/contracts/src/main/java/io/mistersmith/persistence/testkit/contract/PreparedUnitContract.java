package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.security.Actor;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The contract of units that are prepared, and committed or rolled back later by anybody. */
public abstract class PreparedUnitContract extends UnitContract {

  private final String id = "contract/" + UUID.randomUUID();

  /** For implementations. */
  protected PreparedUnitContract() {}

  /** A unit that is left would hold its locks until somebody ends it. */
  @AfterEach
  final void endWhatIsLeft() {
    boolean unused = sql().rollBackPrepared(id);
  }

  private AgentId prepare() {
    Agent agent = Agent.of("contract", "prepared");
    return sql()
        .inTransaction(
            OPTIONS.withPrepared(id),
            unit -> unit.agents().save(agent, AgentStore.NONE).agent().id());
  }

  @Test
  void aPreparedUnitIsSeenByNobodyUntilItIsCommitted() {
    AgentId agent = prepare();

    assertThat(sql().agents().find(agent)).isEmpty();
    assertThat(sql().prepared().get(id)).isNotNull();
    assertThat(sql().commitPrepared(id)).isTrue();

    assertThat(sql().agents().find(agent)).isPresent();
    assertThat(sql().prepared()).doesNotContainKey(id);
  }

  @Test
  void aPreparedUnitIsRolledBack() {
    AgentId agent = prepare();
    assertThat(sql().rollBackPrepared(id)).isTrue();
    assertThat(sql().agents().find(agent)).isEmpty();
  }

  @Test
  void anActorEndsAUnit() {
    Actor actor = Actor.of("ann");
    AgentId agent = actor.call(this::prepare);
    assertThat(actor.<Boolean>call(() -> sql().commitPrepared(id))).isTrue();
    assertThat(sql().agents().find(agent)).isPresent();
    assertThat(actor.<Boolean>call(() -> sql().rollBackPrepared(id))).isFalse();
  }

  @Test
  void aUnitIsEndedOnce() {
    AgentId agent = prepare();
    assertThat(sql().commitPrepared(id)).isTrue();
    assertThat(sql().commitPrepared(id)).isFalse();
    assertThat(sql().rollBackPrepared(id)).isFalse();
    assertThat(sql().agents().find(agent)).isPresent();
    assertThat(sql().commitPrepared("contract/none")).isFalse();
  }

  @Test
  void anotherRuntimeEndsIt() {
    AgentId agent = prepare();
    assertThat(open(config().build()).sql().commitPrepared(id)).isTrue();
    assertThat(sql().agents().find(agent)).isPresent();
  }

  @Test
  void itsRowsAreHeldUntilItIsEnded() throws Exception {
    Agent agent = Agent.of("contract", "held");
    long version = save(agent);
    long unused =
        sql()
            .inTransaction(
                OPTIONS.withPrepared(id), unit -> unit.agents().save(agent, version).version());

    CompletableFuture<Long> other = beside(() -> save(agent));
    assertHeld(other);
    assertThat(sql().rollBackPrepared(id)).isTrue();

    assertThat(other.get(60, TimeUnit.SECONDS)).isEqualTo(version + 1);
  }

  @Test
  void whatFailsIsNotPrepared() {
    IllegalStateException own = new IllegalStateException("of the work");
    assertThatThrownBy(
            () ->
                sql()
                    .inTransaction(
                        OPTIONS.withPrepared(id),
                        unit -> {
                          throw own;
                        }))
        .isSameAs(own);
    assertThat(sql().prepared()).doesNotContainKey(id);
    assertThat(sql().commitPrepared(id)).isFalse();
  }

  @Test
  void anIdIsUsedByOneUnitAtATime() {
    AgentId first = prepare();
    assertFails(DataError.DUPLICATE_KEY, this::prepare);
    assertThat(sql().commitPrepared(id)).isTrue();
    assertThat(sql().agents().find(first)).isPresent();
  }

  @Test
  void anIdThatWouldNeedQuotesIsRefused() {
    SqlOptions options = OPTIONS;
    assertThatThrownBy(() -> options.withPrepared("it's"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> options.withPrepared("")).isInstanceOf(IllegalArgumentException.class);
  }
}
