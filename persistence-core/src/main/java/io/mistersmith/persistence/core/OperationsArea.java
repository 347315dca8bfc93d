package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.core.internal.operations.AlertWatch;
import io.mistersmith.persistence.core.internal.operations.HealthParts;
import io.mistersmith.persistence.core.internal.operations.LeasedUpkeep;
import io.mistersmith.persistence.core.internal.operations.RecentInconsistencies;
import io.mistersmith.persistence.core.internal.operations.RuntimeFigures;
import io.mistersmith.persistence.core.internal.operations.ScheduledHealth;
import io.mistersmith.persistence.core.internal.operations.StoreJobs;
import io.mistersmith.persistence.core.internal.operations.StoredAdvice;
import io.mistersmith.persistence.core.internal.operations.UpkeepJob;
import io.mistersmith.persistence.core.internal.state.repository.StoredDeadLetters;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.Advice;
import io.mistersmith.persistence.operations.Alerts;
import io.mistersmith.persistence.operations.Consistency;
import io.mistersmith.persistence.operations.DeadLetters;
import io.mistersmith.persistence.operations.Health;
import io.mistersmith.persistence.operations.Operations;
import io.mistersmith.persistence.operations.Operations.CacheStats;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.operations.Upkeep;
import io.mistersmith.persistence.routing.DataRouter;
import io.mistersmith.persistence.security.Encryption;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The operations of one runtime, wired over the other areas. */
final class OperationsArea implements Operations {

  /** How long the flush may take before a rotation gives up. */
  private static final Duration ROTATION = Duration.ofMinutes(1);

  private final EngineContext engine;
  private final StateArea state;
  private final StoredType sessions;
  private final Failover failover;
  private final EventArea events;
  private final DeadLetters deadLetters;
  private final HotOutages outages;
  private final ScheduledHealth health;
  private final AlertWatch alerts;
  private final LeasedUpkeep upkeep;
  private final Advice advice;
  private final Encryption encryption;

  OperationsArea(
      EngineContext engine,
      StateArea state,
      StoredType sessions,
      Failover failover,
      EventArea events,
      RecentInconsistencies inconsistencies) {
    this.failover = failover;
    this.events = events;
    this.engine = engine;
    this.state = state;
    this.sessions = sessions;
    this.outages = new HotOutages(engine.stores().hot(), engine.listener());
    this.deadLetters = new StoredDeadLetters(engine.stores().sql().deadLetters());
    this.advice = new StoredAdvice(engine.stores().sql().advice());
    this.encryption =
        engine
            .sealings()
            .encryption(
                state.entries().store(),
                engine.stores().sql().states(),
                () -> state.awaitApplied("rotating data keys", ROTATION));
    SqlAccess background = engine.stores().sql().on(PostgresRole.BACKGROUND);
    this.health =
        new HealthParts(
                background.upkeep(),
                background.recovery(),
                engine.stores().unguarded().hot().bucket(Bucket.AGENT_STATE),
                engine.stores().pools(),
                state.consistency(),
                events::notices,
                events::isInstalled,
                engine.sealings()::notices,
                engine.services())
            .health(engine.config(), engine.listener());
    this.alerts =
        new AlertWatch(
            background.alerts(),
            engine.config().runtimeName(),
            new RuntimeFigures(
                    state.consistency(),
                    engine.stores().pools(),
                    engine.guard(),
                    health,
                    engine.services()::notices)
                .with(inconsistencies),
            engine.config().monitoring(),
            engine.listener(),
            engine.services(),
            engine.config().clock());
    this.upkeep =
        new LeasedUpkeep(
            jobs(background),
            background,
            engine.config().monitoring(),
            engine.config().runtimeName(),
            engine.listener(),
            engine.config().clock(),
            engine.services());
  }

  private List<UpkeepJob> jobs(SqlAccess background) {
    return Stream.concat(
            StoreJobs.of(background, engine.config().monitoring()).stream(),
            Stream.of(alerts.job()))
        .toList();
  }

  /** Begins to look after the database, and to check the health. */
  void start() {
    upkeep.start();
    health.start();
    MonitoringConfig monitoring = engine.config().monitoring();
    if (monitoring.upkeep() && !monitoring.switchedOff().contains(alerts.job().name())) {
      alerts.start();
    }
  }

  /** Stops that, within the time. */
  void close(Duration patience) {
    health.close(patience);
    upkeep.close(patience);
  }

  @Override
  public Health health() {
    return health;
  }

  @Override
  public Upkeep upkeep() {
    return upkeep;
  }

  @Override
  public Alerts alerts() {
    return alerts;
  }

  @Override
  public Advice advice() {
    return advice;
  }

  @Override
  public Encryption encryption() {
    return encryption;
  }

  @Override
  public DeadLetters deadLetters() {
    return deadLetters;
  }

  @Override
  public Consistency consistency() {
    return state.consistency();
  }

  @Override
  public Optional<CacheStats> cacheStats(DataType dataType) {
    return switch (dataType) {
      case AGENT_STATE -> state.entries().cacheStats();
      case SESSION_DATA -> sessions.cacheStats();
      default -> Optional.empty();
    };
  }

  @Override
  public Pools pools() {
    return engine.stores().pools();
  }

  @Override
  public DataRouter router() {
    return engine.config().router();
  }

  @Override
  public List<String> notices() {
    return Stream.of(
            outages.notices(),
            engine.stores().notices(),
            engine.owners().notices(),
            failover.notices(),
            events.notices(),
            engine.services().notices(),
            engine.sealings().notices(),
            engine.guard().notices())
        .flatMap(List::stream)
        .toList();
  }
}
