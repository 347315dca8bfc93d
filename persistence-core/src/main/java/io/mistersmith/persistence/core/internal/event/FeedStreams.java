package io.mistersmith.persistence.core.internal.event;

import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.Streams.Published;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The streams that changes are published to: this installation's, and those of tenants. */
final class FeedStreams {

  private static final Logger LOG = LoggerFactory.getLogger(FeedStreams.class);

  private static final List<StreamPlan> PLANS =
      List.of(StreamPlan.agentState(), StreamPlan.taskExecution());

  private final Place own;
  private final Map<UUID, Place> tenants = new HashMap<>();

  /**
   * A set of streams.
   *
   * @param prefix tells it apart in a position; empty for this installation's
   * @param streams the store
   */
  record Place(String prefix, StreamStore streams) {

    /** Returns the name that a stream of this set has in a position. */
    String name(String stream) {
      return prefix + stream;
    }
  }

  /** The streams of {@code own}, and of tenants by their prefixes. */
  FeedStreams(StreamStore own, Map<UUID, String> prefixes) {
    this.own = new Place("", own);
    prefixes.forEach(
        (tenant, prefix) -> tenants.put(tenant, new Place(prefix, own.withPrefix(prefix))));
  }

  /** Returns all sets. */
  List<Place> places() {
    List<Place> places = new ArrayList<>(tenants.values());
    places.add(own);
    return places;
  }

  private Place place(OutboxChange change) {
    return change.tenant().map(tenant -> tenants.getOrDefault(tenant, own)).orElse(own);
  }

  /** Returns the name that the stream of a change has in a position. */
  String name(OutboxChange change) {
    return place(change).name(ChangeMessages.stream(change));
  }

  CompletableFuture<Published> publish(OutboxChange change, Outgoing message) {
    return place(change).streams().publish(message);
  }

  /** Returns the largest payload that fits into a message. */
  int largestPayload() {
    return ChangeMessages.largestPayload(own.streams().maxPayload());
  }

  /** An existing stream is used as it is: an operator may have changed its limits. */
  void ensure() {
    for (Place place : places()) {
      for (StreamPlan plan : PLANS) {
        if (place.streams().find(plan.name()).isEmpty()) {
          var unused = place.streams().apply(plan);
          LOG.info("created the stream {}", place.name(plan.name()));
        }
      }
    }
  }
}
