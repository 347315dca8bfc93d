package io.mistersmith.persistence.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.config.ConsistencyConfig.OrphanPolicy;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.ConflictResolver;
import io.mistersmith.persistence.conflict.ConflictRules;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Kind;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Repair;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotStore.HotBucket;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.fault.Gate;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Differences that a check counts once or leaves alone, and the properties of an entry that a
 * repair keeps. Long, because each case causes its own difference.
 */
class ConsistencyRepairTest {

  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration HOUR = Duration.ofHours(1);

  private final ManualClock clock = ManualClock.create();
  private final InMemoryStores stores = new InMemoryStores();
  private final Faults faults = new Faults(1);
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");
  private Persistence persistence = open(ConsistencyConfig.defaults());
  private StateRepository<Object> states = persistence.states(Object.class);

  @AfterEach
  void close() {
    faults.clear();
    persistence.close(SOON);
  }

  private Persistence open(ConsistencyConfig consistency) {
    return open(
        consistency.toBuilder().interval(Duration.ZERO).sampleSize(1).build(),
        PersistenceListener.NOOP);
  }

  private Persistence open(ConsistencyConfig consistency, PersistenceListener listener) {
    Persistence opened =
        Persistence.open(
            PersistenceConfig.inMemory()
                .clock(clock)
                .consistency(consistency)
                .listener(listener)
                .flush(
                    FlushConfig.builder()
                        .idleTimeToLive(Duration.ofDays(365))
                        .sweepInterval(Duration.ofSeconds(30))
                        .closeDeadline(SOON)
                        .build())
                .build(),
            new FaultyStores(stores, faults));
    if (opened.agents().find(agent.id()).isEmpty()) {
      opened.agents().save(agent);
    }
    return opened;
  }

  private void reopen(ConsistencyConfig consistency) {
    persistence.close(SOON);
    persistence = open(consistency);
    states = persistence.states(Object.class);
  }

  private void reopen(OrphanPolicy policy, Duration age) {
    reopen(ConsistencyConfig.builder().orphans(policy).orphanAge(age).build());
  }

  private Revision.OfJournal saved(StateKey which, Object value) {
    Revision.OfJournal revision = (Revision.OfJournal) states.save(which, value).revision();
    states.awaitDurable(which, revision, SOON);
    return revision;
  }

  private StateKey numbered(int number) {
    return StateKey.of(agent.id(), "n" + number);
  }

  private ConsistencyReport check() {
    return persistence.operations().consistency().check(CheckScope.everything());
  }

  private Inconsistency only() {
    ConsistencyReport report = check();
    assertThat(report.inconsistencies()).hasSize(1);
    return report.inconsistencies().get(0);
  }

  private void assertOnly(Kind kind, Repair repair) {
    Inconsistency found = only();
    assertThat(found.kind()).isEqualTo(kind);
    assertThat(found.repair()).isEqualTo(repair);
  }

  private Stores probe() {
    return stores.open(PersistenceConfig.inMemory().clock(clock).build());
  }

  private Optional<StoredState> row(StateKey which) {
    try (Stores probe = probe()) {
      return probe.sql().states().find(which);
    }
  }

  private void publishRaw(StateKey which, String text) {
    try (Stores probe = probe()) {
      String subject = probe.hot().bucket(Bucket.AGENT_STATE).journal().subject(which);
      stores.publishRaw(Bucket.AGENT_STATE, subject, text.getBytes(UTF_8));
    }
  }

  private void publishForeign() {
    try (Stores probe = probe()) {
      String subject = probe.hot().bucket(Bucket.AGENT_STATE).journal().subject(key);
      String root = subject.substring(0, subject.indexOf(agent.id().toString()));
      stores.publishRaw(Bucket.AGENT_STATE, root + "no-key", new byte[] {'1'});
    }
  }

  private void awaitDeadLetters(long count) {
    await().atMost(SOON).until(() -> persistence.operations().deadLetters().count() == count);
  }

  @Test
  void aKeyThatSeveralMessagesLeadToIsCountedOnce() {
    reopen(ConsistencyConfig.builder().repair(false).build());
    states.save(key, 1);
    for (int i = 0; i < 100; i++) {
      states.save(numbered(i), i);
    }
    saved(key, 2);
    stores.tamper(key, row -> Optional.empty());
    assertOnly(Kind.MISSING_IN_SQL, Repair.LEFT);
    long before = faults.on(Call.GET).count();
    assertThat(check().found()).containsEntry(Kind.MISSING_IN_SQL, 1L);
    assertThat(faults.on(Call.GET).count() - before).as("a few at a time").isGreaterThan(3);
  }

  @Test
  void aSampleIsNoLargerThanItIsAskedFor() {
    for (int i = 0; i < 200; i++) {
      states.save(numbered(i), i);
    }
    saved(numbered(200), 200);
    for (int size : new int[] {1, 8, 20}) {
      assertThat(persistence.operations().consistency().check(CheckScope.sample(size)).compared())
          .isBetween(1L, (long) size);
    }
  }

  @Test
  void aCheckOfAnAgentComparesAllOfItsKeysAndNoOthers() {
    reopen(ConsistencyConfig.builder().repair(false).build());
    Agent other = Agent.of("test", "other");
    persistence.agents().save(other);
    StateKey others = StateKey.of(other.id(), "k");
    saved(others, 1);
    for (int i = 0; i < 100; i++) {
      states.save(numbered(i), i);
    }
    saved(key, 1);
    stores.tamper(key, row -> Optional.empty());
    stores.tamper(others, row -> Optional.empty());
    ConsistencyReport report =
        persistence.operations().consistency().check(CheckScope.agent(agent.id()));
    assertThat(report.compared()).isEqualTo(101);
    assertThat(report.inconsistencies())
        .singleElement()
        .satisfies(found -> assertThat(found.key()).contains(key));
  }

  @Test
  void aKeyWrittenDuringItsComparisonIsComparedAgain() throws Exception {
    saved(key, "v");
    stores.tamper(key, row -> Optional.empty());
    FutureTask<ConsistencyReport> checking = new FutureTask<>(this::check);
    Thread checker = new Thread(checking, "checker");
    checker.setDaemon(true);
    try (Gate look = faults.on(Call.GET).pauseBefore()) {
      checker.start();
      assertThat(look.awaitArrival(SOON)).isTrue();
      try (Gate again = faults.on(Call.GET).pauseBefore()) {
        look.release();
        assertThat(again.awaitArrival(SOON)).as("there is a suspect").isTrue();
        saved(key, "w");
      }
    }
    ConsistencyReport report = checking.get(SOON.toSeconds(), TimeUnit.SECONDS);
    assertThat(report.isConsistent()).isTrue();
    assertThat(report.compared()).isEqualTo(1);
  }

  @Test
  void aReplicaThatLagsIsNotCompared() {
    faults.staleReplicas(true);
    reopen(ConsistencyConfig.defaults());
    saved(key, 1);
    saved(key, 2);
    ConsistencyReport report = check();
    assertThat(report.isConsistent()).isTrue();
    assertThat(report.compared()).isEqualTo(1);
    assertThat(report.inFlight()).isZero();
  }

  @Test
  void whatIsMendedKeepsItsEndAndItsProvenance() {
    StateRepository<Object> resolving =
        persistence.states(
            StateType.untyped(Object.class)
                .withRules(ConflictRules.of(ConflictResolver.lastWriteWins())));
    Revision revision =
        resolving.save(key, "v", SaveOptions.unconditional().withTimeToLive(HOUR)).revision();
    states.awaitDurable(key, revision, SOON);
    StoredState before = row(key).orElseThrow();
    assertThat(before.expiresAt()).isPresent();
    assertThat(before.provenance()).isPresent();
    stores.tamper(key, row -> Optional.empty());
    assertOnly(Kind.MISSING_IN_SQL, Repair.REPAIRED);
    StoredState repaired = row(key).orElseThrow();
    assertThat(repaired.expiresAt()).isEqualTo(before.expiresAt());
    assertThat(repaired.provenance()).isEqualTo(before.provenance());
  }

  @Test
  void whatCouldNotBeMendedIsMendedByTheNextCheck() {
    saved(key, "v");
    stores.tamper(key, row -> Optional.empty());
    faults.on(Call.PUBLISH).loseNextRequests(3);
    assertOnly(Kind.MISSING_IN_SQL, Repair.FAILED);
    assertOnly(Kind.MISSING_IN_SQL, Repair.REPAIRED);
    assertThat(check().isConsistent()).isTrue();
  }

  @Test
  void aRevisionWhoseMessageIsGoneIsNobodyElses() throws Exception {
    saved(key, "v");
    Revision.OfJournal gone = saved(numbered(1), 1);
    saved(numbered(2), 2);
    try (Stores probe = probe()) {
      HotBucket bucket = probe.hot().bucket(Bucket.AGENT_STATE);
      bucket
          .writes()
          .evict(bucket.journal().subject(numbered(1)), gone.sequence())
          .get(10, TimeUnit.SECONDS);
    }
    stores.tamper(
        key,
        old ->
            old.map(
                row ->
                    new StoredState(
                        key, row.value(), gone, row.writtenAt(), row.expiresAt(), false)));
    assertOnly(Kind.SQL_AHEAD, Repair.LEFT);
  }

  @Test
  void rubbishOverARowStaysOrAnOlderValueWouldComeBack() {
    reopen(OrphanPolicy.REMOVE, Duration.ZERO);
    saved(key, "v");
    publishRaw(key, "{");
    awaitDeadLetters(1);
    clock.advance(HOUR);
    assertOnly(Kind.UNDECODABLE, Repair.LEFT);
    try (Stores probe = probe()) {
      assertThat(probe.hot().bucket(Bucket.AGENT_STATE).reads().get(key, ReadFrom.LEADER))
          .isPresent();
    }
  }

  @Test
  void anExternalOwnersEntryIsNoOrphan() {
    StateKey key = StateKey.of(AgentId.external(agent.id().toString()), "k");
    publishRaw(key, "1");
    states.flush(key, SOON);
    assertThat(persistence.operations().consistency().check(CheckScope.everything()).found())
        .isEmpty();
  }

  @Test
  void whatHasNoKeyIsLeftWhereOrphansAreReportedAlone() {
    publishForeign();
    awaitDeadLetters(1);
    clock.advance(HOUR.multipliedBy(100));
    assertOnly(Kind.UNDECODABLE, Repair.LEFT);
  }

  @Test
  void whatHasNoKeyIsRemovedOnceItIsOldEnough() {
    reopen(OrphanPolicy.REMOVE, HOUR);
    publishForeign();
    awaitDeadLetters(1);
    clock.advance(HOUR.minusMillis(1));
    assertOnly(Kind.UNDECODABLE, Repair.LEFT);
    clock.advance(Duration.ofMillis(1));
    assertOnly(Kind.UNDECODABLE, Repair.REPAIRED);
    assertThat(check().isConsistent()).isTrue();
  }

  @Test
  void whatHasNoKeyIsFiledBeforeItIsRemoved() throws Exception {
    reopen(OrphanPolicy.DEAD_LETTER, HOUR);
    try (Gate flush = faults.on(Call.APPLY).pauseBefore()) {
      publishForeign();
      assertThat(flush.awaitArrival(SOON)).isTrue();
      clock.advance(HOUR);
      assertOnly(Kind.UNDECODABLE, Repair.LEFT);
    }
    awaitDeadLetters(1);
    assertOnly(Kind.UNDECODABLE, Repair.REPAIRED);
    assertThat(persistence.operations().deadLetters().count()).isEqualTo(1);
  }

  @Test
  void aRowWithoutAnAgentIsLeftWhereOrphansAreReportedAlone() {
    saved(key, "v");
    StoredState row = row(key).orElseThrow();
    StateKey lost = StateKey.of(Agent.of("test", "gone").id(), "row");
    stores.tamper(
        lost,
        old ->
            Optional.of(
                new StoredState(
                    lost, row.value(), row.revision(), row.writtenAt(), Optional.empty(), false)));
    assertOnly(Kind.ORPHAN_ROW, Repair.LEFT);
    assertThat(row(lost)).isPresent();
  }

  /** Records the reports of checks that run by themselves. */
  private static final class CheckReports implements PersistenceListener {

    private final List<ConsistencyReport> reports = new CopyOnWriteArrayList<>();

    @Override
    public void on(PersistenceEvent event) {
      if (event instanceof PersistenceEvent.ConsistencyChecked checked) {
        reports.add(checked.report());
      }
    }
  }

  private CheckReports reopenAndListen(Duration interval) {
    CheckReports heard = new CheckReports();
    persistence.close(SOON);
    persistence =
        open(ConsistencyConfig.builder().interval(interval).sampleSize(20).build(), heard);
    states = persistence.states(Object.class);
    return heard;
  }

  @Test
  void aRuntimeThatDoesNotFlushComparesNoSamples() {
    CheckReports flushing = reopenAndListen(Duration.ofMillis(1));
    saved(key, "v");
    CheckReports idle = new CheckReports();
    try (Persistence second =
        open(
            ConsistencyConfig.builder().interval(Duration.ofMillis(1)).sampleSize(20).build(),
            idle)) {
      assertThat(second).isNotNull();
      int before = flushing.reports.size();
      await().atMost(SOON).until(() -> flushing.reports.size() >= before + 4);
    }
    assertThat(idle.reports).isEmpty();
  }

  private void commitLate(StateKey which, Object value) throws InterruptedException {
    try (Gate apply = faults.on(Call.APPLY).pauseBefore()) {
      states.save(which, value);
      assertThat(apply.awaitArrival(SOON)).isTrue();
      clock.advance(Duration.ofMillis(300));
    }
  }

  @Test
  void whatWasCommittedLateIsItselfComparedAndNotMoreThanOnceInAWhile() throws Exception {
    CheckReports heard = reopenAndListen(HOUR);
    for (int i = 0; i < 200; i++) {
      states.save(numbered(i), i);
    }
    saved(numbered(200), 200);
    try (Gate look = faults.on(Call.GET).pauseBefore()) {
      commitLate(key, "v");
      assertThat(look.awaitArrival(SOON)).isTrue();
      stores.tamper(key, row -> Optional.empty());
    }
    await().atMost(SOON).until(() -> !heard.reports.isEmpty());
    assertThat(heard.reports.get(0).found()).containsEntry(Kind.MISSING_IN_SQL, 1L);
    commitLate(key, "w");
    await().atMost(SOON).during(Duration.ofMillis(400)).until(() -> heard.reports.size() == 1);
  }
}
