package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.agent.AgentRepository;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The contract of revisions, the same for all entities. */
public abstract class RevisionContract extends PersistenceContract {

  /** For the engines that pass it. */
  protected RevisionContract() {}

  private AgentRepository agents() {
    return persistence().agents();
  }

  /** The states whose conflicts are not resolved, and those whose conflicts are. */
  private List<StateRepository<Object>> bothStates() {
    return List.of(
        states(),
        persistence()
            .states(
                StateType.of("resolved", Object.class)
                    .withRules(ConflictRules.of(ConflictResolver.lastWriteWins()))));
  }

  private static void assertForGood(ThrowingCallable call) {
    assertThat(catchThrowableOfType(NonTransientPersistenceException.class, call).error())
        .isEqualTo(DataError.VERSION_CONFLICT);
  }

  @Test
  void aRevisionIsTheSameAfterItWasText() {
    Agent agent = find(agent());
    Revision ofAgent = agents().find(agent()).orElseThrow().revision();
    Revision again = Revision.parse(ofAgent.toString());
    assertThat(again).isEqualTo(ofAgent);
    agents().save(agent(), agent.withStatus(Agent.Status.ACTIVE), SaveOptions.at(again));
    for (StateRepository<Object> states : bothStates()) {
      Revision first = states.save(key("k"), "1").revision();
      Versioned<Object> second =
          states.save(key("k"), "2", SaveOptions.at(Revision.parse(first.toString())));
      assertThat(second.revision().isAfter(first)).isTrue();
      states.awaitDurable(key("k"), Revision.parse(second.revision().toString()), SOON);
      states.delete(key("k"), Revision.parse(second.revision().toString()));
      assertThat(states.find(key("k"))).isEmpty();
    }
  }

  @Test
  void revisionsOfTwoKindsHaveNoOrder() {
    Revision ofAgent = agents().find(agent()).orElseThrow().revision();
    Revision ofState = states().save(key("k"), "1").revision();
    assertForGood(() -> ofAgent.isAfter(ofState));
    assertForGood(() -> ofState.compareTo(ofAgent));
    assertThat(ofAgent).isNotEqualTo(ofState);
  }

  @Test
  void anAgentsRevisionIsRefusedForAnEntry() {
    Revision ofAgent = agents().find(agent()).orElseThrow().revision();
    for (StateRepository<Object> states : bothStates()) {
      Versioned<Object> saved = states.save(key("k"), "1");
      assertForGood(() -> states.save(key("k"), "2", SaveOptions.at(ofAgent)));
      CompletableFuture<?> later = states.saveAsync(key("k"), "2", SaveOptions.at(ofAgent));
      assertForGood(
          () -> {
            throw later.handle((value, failure) -> failure).get(60, TimeUnit.SECONDS);
          });
      assertForGood(() -> states.delete(key("k"), ofAgent));
      assertForGood(() -> states.awaitDurable(key("k"), ofAgent, SOON));
      assertForGood(() -> states.save(key("absent"), "2", SaveOptions.at(ofAgent)));
      Versioned<Object> kept = states.find(key("k")).orElseThrow();
      assertThat(kept.value()).isEqualTo("1");
      assertThat(kept.revision()).isEqualTo(saved.revision());
    }
  }

  @Test
  void anEntrysRevisionIsRefusedForAnAgent() {
    Versioned<Agent> before = agents().find(agent()).orElseThrow();
    Revision ofState = states().save(key("k"), "1").revision();
    Agent other = before.value().withStatus(Agent.Status.ACTIVE);
    assertForGood(() -> agents().save(agent(), other, SaveOptions.at(ofState)));
    assertForGood(() -> agents().delete(agent(), ofState));
    assertThat(agents().find(agent()).orElseThrow().value()).isEqualTo(before.value());
  }

  @Test
  void theBulkDeleteOfAnAgentSaysWhatItHad() {
    Versioned<Agent> saved = agents().save(Agent.of("contract", "to be deleted"));
    AgentId gone = saved.value().id();
    AgentId absent = AgentId.random();
    Map<AgentId, DataResult<Optional<Revision>>> rows = agents().deleteAll(List.of(absent, gone));
    assertThat(row(rows, absent)).isEmpty();
    assertThat(row(rows, gone)).contains(saved.revision());
    assertThat(row(agents().deleteAll(List.of(gone)), gone)).isEmpty();
  }

  @Test
  void theBulkDeleteOfAnEntryIsAWriteOfItsOwn() {
    for (StateRepository<Object> states : bothStates()) {
      Revision saved = states.save(key("k"), "1").revision();
      StateKey absent = key("absent");
      Map<StateKey, DataResult<Optional<Revision>>> rows =
          states.deleteAll(List.of(absent, key("k")));
      assertThat(row(rows, key("k")).orElseThrow().isAfter(saved)).isTrue();
      for (StateKey key : List.of(absent, key("k"))) {
        states.awaitDurable(key, row(rows, key).orElseThrow(), SOON);
        assertThat(states.find(key)).isEmpty();
      }
    }
  }

  private Agent find(AgentId agent) {
    return agents().find(agent).orElseThrow().value();
  }
}
