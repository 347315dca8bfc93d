package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.stream.Streams.Difference;
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * One wanted setting of a stream.
 *
 * @param name its name on the server
 * @param wanted what it is to be
 * @param read reads it from a stream's configuration
 * @param write puts it into one
 */
record StreamSetting<T>(
    String name,
    T wanted,
    Function<StreamConfiguration, T> read,
    BiConsumer<StreamConfiguration.Builder, T> write) {

  static <T> StreamSetting<T> of(
      String name,
      T wanted,
      Function<StreamConfiguration, T> read,
      BiConsumer<StreamConfiguration.Builder, T> write) {
    return new StreamSetting<>(name, wanted, read, write);
  }

  /** The description, without the mark of an installation. */
  static StreamSetting<String> description(String wanted) {
    return of(
        "description",
        wanted,
        present -> InstallationMark.plain(present.getDescription()),
        StreamConfiguration.Builder::description);
  }

  static StreamSetting<Duration> maxAge(Duration wanted) {
    return of(
        "max_age",
        wanted,
        present -> Objects.requireNonNullElse(present.getMaxAge(), Duration.ZERO),
        StreamConfiguration.Builder::maxAge);
  }

  static StreamSetting<StorageType> storage(StorageType wanted) {
    return of(
        "storage",
        wanted,
        StreamConfiguration::getStorageType,
        StreamConfiguration.Builder::storageType);
  }

  static StreamSetting<Integer> replicas(int wanted) {
    return of(
        "num_replicas",
        wanted,
        StreamConfiguration::getReplicas,
        StreamConfiguration.Builder::replicas);
  }

  static StreamSetting<DiscardPolicy> discard(DiscardPolicy wanted) {
    return of(
        "discard",
        wanted,
        StreamConfiguration::getDiscardPolicy,
        StreamConfiguration.Builder::discardPolicy);
  }

  static StreamSetting<Boolean> allowRollup(boolean wanted) {
    return of(
        "allow_rollup_hdrs",
        wanted,
        StreamConfiguration::getAllowRollup,
        StreamConfiguration.Builder::allowRollup);
  }

  static StreamSetting<Boolean> allowDirect() {
    return of(
        "allow_direct",
        true,
        StreamConfiguration::getAllowDirect,
        StreamConfiguration.Builder::allowDirect);
  }

  /** The most bytes; -1 for no limit. */
  static StreamSetting<Long> maxBytes(long wanted) {
    return of(
        "max_bytes",
        wanted,
        StreamConfiguration::getMaxBytes,
        StreamConfiguration.Builder::maxBytes);
  }

  /** The largest message; -1 for no limit but the server's. */
  static StreamSetting<Integer> maxMessageBytes(int wanted) {
    return of(
        "max_msg_size",
        wanted,
        StreamConfiguration::getMaximumMessageSize,
        StreamConfiguration.Builder::maximumMessageSize);
  }

  static StreamSetting<StreamPlace> placement(StreamPlace wanted) {
    return of(
        "placement",
        wanted,
        present -> StreamPlace.of(present.getPlacement()),
        (builder, place) -> builder.placement(place.placement()));
  }

  Optional<Difference> difference(StreamConfiguration present) {
    T value = read.apply(present);
    return wanted.equals(value)
        ? Optional.empty()
        : Optional.of(new Difference(name, value.toString(), wanted.toString()));
  }

  void apply(StreamConfiguration.Builder builder) {
    write.accept(builder, wanted);
  }
}
