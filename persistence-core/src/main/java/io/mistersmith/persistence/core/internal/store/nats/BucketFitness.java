package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StreamConfiguration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Refuses streams with which the library would lose acknowledged writes, or could not work at all.
 * Other differences from the configuration are shown.
 */
final class BucketFitness {

  private BucketFitness() {}

  /** Fails as {@code MISCONFIGURED} and says what to do. */
  static void require(BucketPlan plan, StreamConfiguration present) {
    problems(plan, present)
        .findFirst()
        .ifPresent(
            problem -> {
              throw new NonTransientPersistenceException(
                  DataError.MISCONFIGURED, "bucket " + plan.name() + " " + problem);
            });
  }

  private static Stream<String> problems(BucketPlan plan, StreamConfiguration present) {
    String edit = ". Set bucketChanges to APPLY, or run: nats stream edit " + plan.stream();
    String another = ". Move its content to a new bucket, or delete it";
    return Stream.of(
            expires(plan, present, edit),
            dropsTheOldest(plan, present, edit),
            dropsTheOldestByMistake(plan, present, edit),
            when(
                !present.getAllowDirect(),
                "answers no direct gets, by which it is read" + edit + " --allow-direct"),
            when(present.getSealed(), "is sealed and takes no writes" + another),
            when(
                present.getNoAck(),
                "acknowledges no writes. Run: nats stream edit " + plan.stream() + " --ack"),
            when(
                present.getDenyPurge(),
                "denies purges, so that flushed entries could not be removed" + another),
            when(
                present.getRetentionPolicy() != RetentionPolicy.Limits,
                "keeps messages by " + present.getRetentionPolicy() + ", not by limits" + another),
            when(
                present.getMirror() != null,
                "is a mirror of another stream and takes no writes" + another),
            when(
                !present.getSubjects().equals(List.of(plan.subjects()))
                    && present.getMirror() == null,
                "has the subjects "
                    + present.getSubjects()
                    + ", not "
                    + plan.subjects()
                    + ". Run: nats stream edit "
                    + plan.stream()
                    + " --subjects '"
                    + plan.subjects()
                    + "'"))
        .flatMap(Optional::stream);
  }

  /**
   * Objects to a maximum age of a write-behind bucket: the server would expire entries that are not
   * flushed yet.
   */
  private static Optional<String> expires(
      BucketPlan plan, StreamConfiguration present, String edit) {
    return when(
        plan.bucket() == Bucket.AGENT_STATE
            && present.getMaxAge() != null
            && !present.getMaxAge().isZero(),
        "expires its entries after "
            + present.getMaxAge()
            + ", flushed or not: acknowledged writes would be lost"
            + edit
            + " --max-age=0");
  }

  /** A full write-behind bucket must refuse the new, not drop what was not flushed yet. */
  private static Optional<String> dropsTheOldest(
      BucketPlan plan, StreamConfiguration present, String edit) {
    return when(
        plan.bucket() == Bucket.AGENT_STATE
            && present.getDiscardPolicy() == DiscardPolicy.Old
            && (present.getMaxBytes() > 0 || present.getMaxMsgs() > 0),
        "drops its oldest entries when it is full, flushed or not: acknowledged writes would be"
            + " lost"
            + edit
            + " --discard=new");
  }

  /** The same, though the stream is set to refuse the new: see {@link ServerCapabilities}. */
  private static Optional<String> dropsTheOldestByMistake(
      BucketPlan plan, StreamConfiguration present, String edit) {
    return when(
        plan.bucket() == Bucket.AGENT_STATE && !plan.isSafeWithLimit() && present.getMaxBytes() > 0,
        "drops its oldest entries when it is nearly full, flushed or not, since nats-server "
            + plan.server().version()
            + " does not keep max_bytes exactly: acknowledged writes would be lost. Update the"
            + " servers to 2.10.5 or later"
            + edit.replaceFirst("\\. Set", ", set")
            + " --max-bytes=-1");
  }

  private static Optional<String> when(boolean holds, String problem) {
    return holds ? Optional.of(problem) : Optional.empty();
  }
}
