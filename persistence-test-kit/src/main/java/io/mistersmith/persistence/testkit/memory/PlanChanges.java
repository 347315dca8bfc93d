package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.ConsumerPlan.Acknowledgement;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams.Difference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What differs between two plans, by the names of nats-server. */
final class PlanChanges {

  private final List<Difference> found = new ArrayList<>();

  private PlanChanges() {}

  static List<Difference> of(StreamPlan present, StreamPlan wanted) {
    PlanChanges changes = new PlanChanges();
    changes.add("description", present.description(), wanted.description());
    changes.add(
        "subjects",
        present.subjects().stream().sorted().toList(),
        wanted.subjects().stream().sorted().toList());
    changes.add("storage", present.storage(), wanted.storage());
    changes.add("retention", present.retention(), wanted.retention());
    changes.add("max_age", present.maxAge(), wanted.maxAge());
    changes.add("max_msgs", number(present.maxMessages()), number(wanted.maxMessages()));
    changes.add("max_bytes", number(present.maxBytes()), number(wanted.maxBytes()));
    changes.add(
        "max_msg_size", number(present.maxMessageBytes()), number(wanted.maxMessageBytes()));
    changes.add("discard", present.discard(), wanted.discard());
    changes.add("duplicate_window", present.duplicateWindow(), wanted.duplicateWindow());
    changes.add("allow_rollup_hdrs", present.allowRollup(), wanted.allowRollup());
    return changes.found;
  }

  static List<Difference> of(ConsumerPlan present, ConsumerPlan wanted) {
    PlanChanges changes = new PlanChanges();
    changes.add("description", present.description(), wanted.description());
    changes.add("filter_subject", present.filter().orElse(""), wanted.filter().orElse(""));
    changes.add("ack_policy", present.acknowledgement(), wanted.acknowledgement());
    if (wanted.acknowledgement() == Acknowledgement.EXPLICIT) {
      changes.add("ack_wait", present.ackWait(), wanted.ackWait());
      changes.add("max_ack_pending", present.maxAckPending(), wanted.maxAckPending());
    }
    return changes.found;
  }

  /** Returns why nats-server would refuse the change, if it would. */
  static Optional<String> requirePossible(StreamPlan present, StreamPlan wanted) {
    return present.storage() != wanted.storage()
        ? Optional.of("the storage of a stream cannot be changed")
        : Optional.empty();
  }

  private static long number(Optional<? extends Number> limit) {
    return limit.map(Number::longValue).orElse(-1L);
  }

  private void add(String setting, Object present, Object wanted) {
    if (!present.equals(wanted)) {
      found.add(new Difference(setting, present.toString(), wanted.toString()));
    }
  }
}
