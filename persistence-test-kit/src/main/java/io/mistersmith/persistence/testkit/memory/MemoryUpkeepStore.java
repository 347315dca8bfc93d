package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.operations.Upkeep.Outcome;
import io.mistersmith.persistence.operations.Upkeep.Run;
import io.mistersmith.persistence.spi.sql.UpkeepStore;
import io.mistersmith.persistence.testkit.memory.UpkeepTables.End;
import io.mistersmith.persistence.testkit.memory.UpkeepTables.JobRun;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The upkeep in memory, where statements have no plans, and nothing takes space on a disk. */
final class MemoryUpkeepStore implements UpkeepStore {

  private static final String MONITORING = "monitoring";
  private static final Duration BETWEEN_SAMPLES = Duration.ofMinutes(1);

  private final Session session;

  MemoryUpkeepStore(Session session) {
    this.session = session;
  }

  private <T> T call(Function<Tables, T> statement) {
    return session.call(
        tables -> {
          tables.requireSet(MONITORING, "the upkeep");
          return statement.apply(tables);
        });
  }

  private <T> Optional<T> with(String set, Supplier<T> result) {
    return session.call(tables -> tables.hasSet(set))
        ? Optional.of(result.get())
        : Optional.empty();
  }

  @Override
  public boolean keepsRuns() {
    return with(MONITORING, () -> true).isPresent();
  }

  @Override
  public Turn begin(String job, String runtime, Duration every) {
    Instant now = session.now();
    return call(
        tables -> {
          tables.upkeep.jobs.lock(job);
          Optional<Instant> last = tables.upkeep.jobs.find(job);
          Duration left =
              last.map(at -> every.minus(Duration.between(at, now))).orElse(Duration.ZERO);
          if (left.compareTo(Duration.ZERO) > 0) {
            return new Turn(Optional.empty(), left);
          }
          giveUp(tables, job, now);
          UUID id = UUID.randomUUID();
          tables.upkeep.jobs.put(job, now);
          tables.upkeep.runs.put(id, new JobRun(id, job, runtime, now, Optional.empty()));
          return new Turn(Optional.of(id), every);
        });
  }

  private static void giveUp(Tables tables, String job, Instant now) {
    List<JobRun> open =
        tables
            .upkeep
            .runs
            .all()
            .filter(run -> run.job().equals(job) && run.end().isEmpty())
            .toList();
    open.forEach(
        run ->
            put(
                tables,
                run,
                new End(
                    Duration.between(run.startedAt(), now),
                    Outcome.FAILED,
                    "its runtime ended during this run")));
  }

  private static void put(Tables tables, JobRun run, End end) {
    tables.upkeep.runs.put(
        run.id(),
        new JobRun(run.id(), run.job(), run.runtime(), run.startedAt(), Optional.of(end)));
  }

  @Override
  public void end(UUID run, Duration took, Outcome outcome, String detail) {
    boolean unused =
        call(
            tables -> {
              Optional<JobRun> begun = tables.upkeep.runs.find(run);
              begun.ifPresent(found -> put(tables, found, new End(took, outcome, detail)));
              return begun.isPresent();
            });
  }

  @Override
  public List<Run> latest() {
    return call(
        tables -> {
          Map<String, Run> latest = new TreeMap<>();
          ended(tables).forEach(run -> latest.putIfAbsent(run.job(), run));
          return List.copyOf(latest.values());
        });
  }

  @Override
  public List<Run> runs(String job, int most) {
    return call(tables -> ended(tables).filter(run -> run.job().equals(job)).limit(most).toList());
  }

  /** Returns the runs that have ended, newest first. */
  private static Stream<Run> ended(Tables tables) {
    List<JobRun> runs = new ArrayList<>(tables.upkeep.runs.all().toList());
    Collections.reverse(runs);
    return runs.stream()
        .sorted(Comparator.comparing(JobRun::startedAt).reversed())
        .flatMap(
            run ->
                run.end().stream()
                    .map(
                        end ->
                            new Run(
                                run.job(),
                                run.runtime(),
                                run.startedAt(),
                                end.took(),
                                end.outcome(),
                                end.detail())));
  }

  @Override
  public Optional<Boolean> sampleDatabase() {
    Instant now = session.now();
    return with(
        MONITORING,
        () ->
            call(
                tables -> {
                  Optional<Instant> last = tables.upkeep.samples.find(0);
                  boolean due =
                      last.map(at -> !at.isAfter(now.minus(BETWEEN_SAMPLES))).orElse(true);
                  if (due) {
                    tables.upkeep.samples.put(0, now);
                  }
                  return due;
                }));
  }

  @Override
  public OptionalInt captureSlowStatements() {
    return none("statements");
  }

  @Override
  public OptionalInt recommendIndexes() {
    return none(MONITORING);
  }

  private OptionalInt none(String set) {
    return with(set, () -> OptionalInt.of(0)).orElse(OptionalInt.empty());
  }

  @Override
  public OptionalLong purgeAudit(Duration age) {
    Instant limit =
        session
            .now()
            .truncatedTo(ChronoUnit.DAYS)
            .minus(Duration.ofDays(Math.max(1, age.toDays())));
    return with("audit", () -> OptionalLong.of(purgeBefore(limit))).orElse(OptionalLong.empty());
  }

  private int purgeBefore(Instant limit) {
    return session.call(
        tables -> tables.audit.changes.removeIf(logged -> logged.change().at().isBefore(limit)));
  }

  @Override
  public OptionalInt removeOld(Duration age, int limit) {
    Instant oldest = session.now().minus(age);
    return with(MONITORING, () -> OptionalInt.of(removeBefore(oldest, limit)))
        .orElse(OptionalInt.empty());
  }

  private int removeBefore(Instant oldest, int limit) {
    return call(
        tables -> {
          List<UUID> old =
              tables
                  .upkeep
                  .runs
                  .all()
                  .filter(run -> run.startedAt().isBefore(oldest))
                  .limit(limit)
                  .map(JobRun::id)
                  .toList();
          old.forEach(tables.upkeep.runs::remove);
          return old.size();
        });
  }

  @Override
  public Optional<Capacity> recordCapacity() {
    return with(MONITORING, () -> new Capacity(0, 0, Optional.empty(), "", 0));
  }

  @Override
  public void ping() {
    boolean unused = session.call(tables -> tables.hasSet(MONITORING));
  }

  @Override
  public Schema schema() {
    return new Schema(false, List.of(), List.of(), List.of());
  }

  @Override
  public List<Partitions> partitions() {
    return List.of();
  }
}
