package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.stream.ConsumerPlan;
import io.mistersmith.persistence.stream.ConsumerPlan.Acknowledgement;
import io.mistersmith.persistence.stream.ConsumerPlan.Start;
import io.mistersmith.persistence.stream.Streams.Changes;
import io.mistersmith.persistence.stream.Streams.Difference;
import io.nats.client.JetStreamApiException;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.DeliverPolicy;
import java.io.IOException;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Creates consumers as planned, and shows or makes the changes that existing ones need. */
final class ConsumerSetup {

  private static final int CONSUMER_NOT_FOUND = 10014;
  private static final long UNLIMITED = -1;

  private final NatsLink link;
  private final StreamNames names;
  private final BucketOpener streams;

  ConsumerSetup(NatsLink link, StreamNames names, BucketOpener streams) {
    this.link = link;
    this.names = names;
    this.streams = streams;
  }

  /** The consumer; empty when there is none of this name. */
  Optional<ConsumerInfo> find(String stream, String name) {
    try {
      return Optional.of(streams.streams().getConsumerInfo(names.stream(stream), name));
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      if (isMissing(e)) {
        return Optional.empty();
      }
      throw StreamFailures.of(link, "look at " + what(stream, name), names.stream(stream), e);
    }
  }

  static boolean isMissing(Throwable failure) {
    return failure instanceof JetStreamApiException refused
        && refused.getApiErrorCode() == CONSUMER_NOT_FOUND;
  }

  Changes compare(ConsumerPlan plan) {
    return find(plan.stream(), name(plan))
        .map(info -> new Changes(true, differences(plan, info.getConsumerConfiguration())))
        .orElseGet(() -> new Changes(false, List.of()));
  }

  Changes apply(ConsumerPlan plan) {
    Optional<ConsumerConfiguration> present =
        find(plan.stream(), name(plan)).map(ConsumerInfo::getConsumerConfiguration);
    List<Difference> differences =
        present.map(running -> differences(plan, running)).orElse(List.of());
    if (present.isEmpty() || !differences.isEmpty()) {
      ConsumerConfiguration.Builder builder =
          present
              .map(ConsumerConfiguration::builder)
              .orElseGet(() -> create(plan).durable(name(plan)));
      String what = "apply the plan of " + what(plan.stream(), name(plan)) + " " + differences;
      try {
        ConsumerInfo unused =
            streams
                .streams()
                .addOrUpdateConsumer(names.stream(plan.stream()), settings(plan, builder).build());
      } catch (IOException | JetStreamApiException | IllegalStateException e) {
        throw StreamFailures.of(link, what, names.stream(plan.stream()), e);
      }
    }
    return new Changes(present.isPresent(), differences);
  }

  boolean delete(String stream, String name) {
    try {
      return streams.streams().deleteConsumer(names.stream(stream), name);
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      if (isMissing(e)) {
        return false;
      }
      throw StreamFailures.of(link, "delete " + what(stream, name), names.stream(stream), e);
    }
  }

  /** A consumer that does not exist yet. */
  ConsumerConfiguration.Builder create(ConsumerPlan plan) {
    ConsumerConfiguration.Builder builder = settings(plan, ConsumerConfiguration.builder());
    Start start = plan.start();
    if (start instanceof Start.New) {
      builder.deliverPolicy(DeliverPolicy.New);
    } else if (start instanceof Start.LastOfEachSubject) {
      builder.deliverPolicy(DeliverPolicy.LastPerSubject);
    } else if (start instanceof Start.Sequence at) {
      builder.deliverPolicy(DeliverPolicy.ByStartSequence).startSequence(at.sequence());
    } else if (start instanceof Start.Time at) {
      builder.deliverPolicy(DeliverPolicy.ByStartTime).startTime(at.time().atZone(ZoneOffset.UTC));
    }
    return builder;
  }

  /** The attempts are counted by those that consume: see {@link ConsumerPlan#maxDeliver()}. */
  private ConsumerConfiguration.Builder settings(
      ConsumerPlan plan, ConsumerConfiguration.Builder builder) {
    builder
        .description(plan.description())
        .ackPolicy(acknowledgement(plan))
        .filterSubject(plan.filter().map(names::subject).orElse(null));
    if (plan.acknowledgement() == Acknowledgement.EXPLICIT) {
      builder.ackWait(plan.ackWait()).maxAckPending(plan.maxAckPending()).maxDeliver(UNLIMITED);
    }
    return builder;
  }

  private static AckPolicy acknowledgement(ConsumerPlan plan) {
    return plan.acknowledgement() == Acknowledgement.EXPLICIT ? AckPolicy.Explicit : AckPolicy.None;
  }

  private List<Difference> differences(ConsumerPlan plan, ConsumerConfiguration running) {
    List<Difference> found = new ArrayList<>();
    compare(found, "description", text(running.getDescription()), plan.description());
    compare(
        found,
        "filter_subject",
        text(running.getFilterSubject()),
        plan.filter().map(names::subject).orElse(""));
    compare(found, "ack_policy", running.getAckPolicy(), acknowledgement(plan));
    if (plan.acknowledgement() == Acknowledgement.EXPLICIT) {
      compare(found, "ack_wait", running.getAckWait(), plan.ackWait());
      compare(found, "max_ack_pending", running.getMaxAckPending(), (long) plan.maxAckPending());
      compare(found, "max_deliver", running.getMaxDeliver(), UNLIMITED);
    }
    return found;
  }

  private static void compare(
      List<Difference> found, String setting, Object present, Object wanted) {
    if (!present.equals(wanted)) {
      found.add(new Difference(setting, present.toString(), wanted.toString()));
    }
  }

  private static String text(@Nullable String value) {
    return Objects.requireNonNullElse(value, "");
  }

  private static String name(ConsumerPlan plan) {
    return plan.name()
        .orElseThrow(
            () ->
                new IllegalArgumentException(plan + " is ephemeral; consume it without applying"));
  }

  private String what(String stream, String name) {
    return "consumer " + name + " of stream " + names.stream(stream);
  }
}
