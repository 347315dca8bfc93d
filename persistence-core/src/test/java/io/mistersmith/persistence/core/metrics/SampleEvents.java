package io.mistersmith.persistence.core.metrics;

import io.mistersmith.persistence.agent.Hydration;
import io.mistersmith.persistence.agent.LifecycleState;
import io.mistersmith.persistence.conflict.ConflictResolver.ConflictStrategy;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.event.CrossStoreEvent;
import io.mistersmith.persistence.event.MonitoringEvent;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.SagaEvent;
import io.mistersmith.persistence.event.StoreEvent;
import io.mistersmith.persistence.guard.Escalation;
import io.mistersmith.persistence.guard.Fallback;
import io.mistersmith.persistence.guard.StoreGuard.Breaker;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Alerts;
import io.mistersmith.persistence.operations.Consistency.Backlog;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.operations.Upkeep;
import io.mistersmith.persistence.saga.CrossStoreOptions;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import io.mistersmith.persistence.transaction.TransactionOptions.Isolation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/** An event of each kind, each of which moves a meter. */
final class SampleEvents {

  static final AgentId AGENT = AgentId.external("Ada");
  static final String JOURNAL = "AGENT_STATE";

  private static final Duration TOOK = Duration.ofMillis(3);
  private static final StateKey KEY = StateKey.of(AGENT, "k");

  private SampleEvents() {}

  static List<PersistenceEvent> all() {
    return Stream.of(
            ofEntries(),
            ofStores(),
            ofServers(),
            ofChanges(),
            ofSagas(),
            ofBothStores(),
            ofMonitoring())
        .<PersistenceEvent>flatMap(List::stream)
        .toList();
  }

  private static RuntimeException cause() {
    return new IllegalStateException("sample");
  }

  private static List<PersistenceEvent> ofEntries() {
    return List.of(
        new PersistenceEvent.Flushed(
            JOURNAL,
            new Revision.OfJournal(1, 2),
            1,
            0,
            TOOK,
            new long[] {1_000_000, 2_000_000},
            List.of(Optional.of(AGENT), Optional.empty())),
        new PersistenceEvent.FlushFailed(JOURNAL, cause()),
        new PersistenceEvent.DeadLettered(JOURNAL, "subject", "reason"),
        new PersistenceEvent.EpochStarted(JOURNAL, 2, "reason"),
        new PersistenceEvent.ConflictMet(
            KEY, ConflictStrategy.CRDT_MERGE, PersistenceEvent.ConflictMet.Outcome.MERGED, 1),
        new PersistenceEvent.EntryHydrated(KEY),
        new PersistenceEvent.Evicted(JOURNAL, 1),
        new PersistenceEvent.BackpressureChanged(JOURNAL, true, "reason", Backlog.NONE),
        new PersistenceEvent.LifecycleChanged(
            AGENT,
            LifecycleState.COLD,
            LifecycleState.ACTIVE,
            Instant.EPOCH,
            LifecycleState.Cause.WRITE),
        new PersistenceEvent.AgentHydrated(new Hydration(AGENT, 1, 1, 10, TOOK)),
        new PersistenceEvent.InconsistencyFound(
            new Inconsistency(
                Inconsistency.Kind.ORPHAN_ENTRY,
                "subject",
                Optional.of(KEY),
                Optional.empty(),
                Optional.empty(),
                Inconsistency.Repair.LEFT)),
        new PersistenceEvent.ConsistencyChecked(
            new ConsistencyReport(
                CheckScope.everything(), Instant.EPOCH, TOOK, 1, 0, 0, Map.of(), List.of())));
  }

  private static List<PersistenceEvent> ofStores() {
    return List.of(
        new StoreEvent.StoreCalled(
            "postgresql", "PRIMARY", "StateStore.find", Optional.empty(), TOOK),
        new StoreEvent.CallRetried(
            "nats", JOURNAL, "HotWrites.publish", 2, DataError.CONNECTION_FAILED, TOOK),
        new StoreEvent.FallbackUsed(
            "find", Fallback.Kind.DEFAULT, DataError.UNAVAILABLE, Optional.empty()),
        new StoreEvent.TransactionEnded(
            Boundary.SINGLE_OPERATION, Isolation.READ_COMMITTED, 2, Optional.empty(), true, TOOK),
        new PersistenceEvent.BreakerChanged(
            "nats", JOURNAL, Breaker.State.CLOSED, Breaker.State.OPEN),
        new PersistenceEvent.Escalated(
            new Escalation(
                "postgresql",
                "PRIMARY",
                "StateStore.find",
                DataError.DATA_CORRUPTION,
                "message",
                Instant.EPOCH,
                Instant.EPOCH,
                1)));
  }

  private static List<PersistenceEvent> ofServers() {
    return List.of(
        new PersistenceEvent.ServerAwaited("reason", TOOK, TOOK),
        new PersistenceEvent.HotStoreChanged(true, Instant.EPOCH, "reason"),
        new PersistenceEvent.PrimaryChanged("server", "system", 1, 2),
        new PersistenceEvent.FailoverChecked(
            2, Set.of(AGENT), Set.of(), Set.of(), Set.of(new UUID(0, 1)), 1),
        new PersistenceEvent.ServiceFailed("persistence-flush", "consequence", 1, false, cause()));
  }

  private static List<PersistenceEvent> ofChanges() {
    return List.of(
        new ChangeFeed.ChangesPublished(2, 1, 1, TOOK, TOOK),
        new ChangeFeed.PublishingFailed(cause()),
        new ChangeFeed.PublisherChanged(true));
  }

  private static List<PersistenceEvent> ofBothStores() {
    return List.of(
        new CrossStoreEvent.CrossStoreEnded(
            CrossStoreOptions.Strategy.EVENTUAL_CONSISTENCY, 2, Optional.empty(), true, TOOK),
        new CrossStoreEvent.PreparedRolledBack("transaction", TOOK),
        new CrossStoreEvent.ChangesWaiting(3),
        new CrossStoreEvent.ChangesRecovered(2),
        new CrossStoreEvent.ChangeRefused(KEY, "c"));
  }

  private static List<PersistenceEvent> ofSagas() {
    UUID saga = new UUID(0, 1);
    return List.of(
        new SagaEvent.SagaEnded(saga, "order", "c", SagaRun.State.COMPLETED, TOOK),
        new SagaEvent.SagaStopped(saga, "order", "c", SagaRun.State.COMPENSATION_FAILED, "reason"),
        new SagaEvent.StepFailed(saga, "order", "c", "pay", false, 1, "reason"),
        new SagaEvent.StepHanging(saga, "order", "c", "pay", true),
        new SagaEvent.SagaTakenOver(saga, "order", "c", 2),
        new SagaEvent.SagasWaiting("order", 1, 3),
        new SagaEvent.StepHanging(saga, "order", "c", "pay", false));
  }

  private static List<PersistenceEvent> ofMonitoring() {
    Alerts.Alert alert =
        new Alerts.Alert(
            "backlog_age",
            Alerts.Level.WARNING,
            OptionalDouble.of(20),
            OptionalDouble.of(10),
            "message",
            "advice",
            Instant.EPOCH,
            Instant.EPOCH);
    return List.of(
        new MonitoringEvent.HealthChecked(report(), Health.Status.HEALTHY),
        new MonitoringEvent.JobRan(
            new Upkeep.Run(
                "purge_audit", "runtime", Instant.EPOCH, TOOK, Upkeep.Outcome.DONE, "detail")),
        new MonitoringEvent.AlertChanged(
            new Alerts.AlertChange(Alerts.Change.BEGAN, alert, Optional.empty())));
  }

  /** A report of one component that does not work and one that does. */
  static Health.Report report() {
    return new Health.Report(
        Instant.EPOCH,
        List.of(
            new Health.Component(
                "postgresql", Health.Status.UNHEALTHY, Optional.empty(), "it does not answer"),
            new Health.Component(
                "jetstream_kv", Health.Status.HEALTHY, Optional.of(TOOK), "it answers")));
  }
}
