package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.OtherInstallationException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.SuccessApiResponse;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets an existing stream bear this installation's identity.
 *
 * <p>The server changes a stream's settings without comparing them with the earlier ones. It
 * compares only when a stream is created: of two creations of one name with different settings, it
 * refuses one. So an empty stream serves as a lock while the identity is compared and written. The
 * lock names the installation that holds it. Processes of one installation share it, since they
 * write the same identity; when one dies, the next continues.
 */
final class BucketAdoption {

  private static final Logger log = LoggerFactory.getLogger(BucketAdoption.class);
  private static final int NAME_IN_USE = 10058;

  /** The server is still deleting the files of an earlier lock. */
  private static final int NO_STORE = 10049;

  private static final long PAUSE_MILLIS = 50;
  private static final String API = "$JS.API.STREAM.";

  private final NatsLink link;
  private final Notices notices;
  private final UUID installation;

  BucketAdoption(NatsLink link, Notices notices, UUID installation) {
    this.link = link;
    this.notices = notices;
    this.installation = installation;
  }

  /**
   * Lets the bucket bear this installation's identity if it still bears {@code present}.
   *
   * @return false when the server refuses that; a notice reports it from then on
   */
  boolean adopt(String bucket, Optional<UUID> present, StorageType storage) {
    try {
      long until = System.nanoTime() + link.requestTimeout().toNanos();
      Optional<PersistenceException> refused = hold(bucket, storage);
      while (refused.isPresent()) {
        if (isOwn(bucket, mark(config(bucket)), present)) {
          return true;
        }
        pause(until, refused.get());
        refused = hold(bucket, storage);
      }
      try {
        writeHeld(bucket, present);
      } finally {
        release(bucket);
      }
      return true;
    } catch (NonTransientPersistenceException e) {
      if (e.error() == DataError.CLOSED || OtherInstallationException.isCauseOf(e)) {
        throw e;
      }
      notices.add(
          "Bucket "
              + bucket
              + " does not bear the identity of this installation, and cannot be given it ("
              + e.getMessage()
              + "): another installation that uses it is noticed by its agents alone. Run: "
              + InstallationMark.command("KV_" + bucket, installation, link.capabilities()));
      return false;
    }
  }

  private void writeHeld(String bucket, Optional<UUID> present) {
    Map<String, JsonValue> config = new HashMap<>(config(bucket).map);
    if (isOwn(bucket, mark(config), present)) {
      return;
    }
    @Nullable String description = string(config.get("description"));
    if (link.capabilities().streamMetadata()) {
      Map<String, JsonValue> metadata = new HashMap<>();
      JsonValue before = config.get("metadata");
      if (before != null && before.map != null) {
        metadata.putAll(before.map);
      }
      metadata.put(InstallationMark.METADATA, new JsonValue(installation.toString()));
      config.put("metadata", new JsonValue(metadata));
      config.put("description", new JsonValue(InstallationMark.plain(description)));
    } else {
      config.put("description", new JsonValue(InstallationMark.marked(description, installation)));
    }
    JsonValue unused =
        ask("mark bucket " + bucket, "UPDATE.KV_" + bucket, new JsonValue(config).toJson());
  }

  /** Whether the bucket bears our identity; fails when it bears one that is not expected. */
  private boolean isOwn(String bucket, Optional<UUID> found, Optional<UUID> present) {
    if (found.equals(Optional.of(installation))) {
      return true;
    }
    if (found.isPresent() && !found.equals(present)) {
      throw OtherInstallationException.ofBucket(bucket, found.get(), installation);
    }
    return false;
  }

  private JsonValue config(String bucket) {
    return JsonValueUtils.readValue(
        ask("look whose bucket " + bucket + " is", "INFO.KV_" + bucket, ""), "config");
  }

  private static Optional<UUID> mark(JsonValue config) {
    return mark(config.map);
  }

  private static Optional<UUID> mark(Map<String, JsonValue> config) {
    Map<String, String> metadata = new HashMap<>();
    JsonValue present = config.get("metadata");
    if (present != null && present.map != null) {
      present.map.forEach((key, value) -> metadata.put(key, value.string));
    }
    return InstallationMark.of(metadata, string(config.get("description")));
  }

  private static @Nullable String string(@Nullable JsonValue value) {
    return value == null ? null : value.string;
  }

  /** Returns why this installation does not hold the bucket's adoption yet; empty when it does. */
  private Optional<PersistenceException> hold(String bucket, StorageType storage) {
    StreamConfiguration stream =
        StreamConfiguration.builder()
            .name(name(bucket))
            .subjects("persistence.adoption." + bucket)
            .description("held by installation " + installation + " while it marks KV_" + bucket)
            .storageType(storage)
            .maxBytes(1024)
            .build();
    try {
      JsonValue unused = ask("adopt bucket " + bucket, "CREATE." + name(bucket), stream.toJson());
      return Optional.empty();
    } catch (PersistenceException e) {
      int code = e.getCause() instanceof JetStreamApiException api ? api.getApiErrorCode() : 0;
      if (code == NAME_IN_USE) {
        return Optional.of(heldByAnother(bucket));
      }
      if (code == NO_STORE) {
        return Optional.of(e);
      }
      throw e;
    }
  }

  private static TransientPersistenceException heldByAnother(String bucket) {
    return new TransientPersistenceException(
        DataError.TRANSACTION_CONFLICT,
        "bucket "
            + bucket
            + ": another installation has begun to adopt it and has not ended. The stream "
            + name(bucket)
            + " says which one; if that one is gone, run: nats stream rm "
            + name(bucket));
  }

  private void release(String bucket) {
    try {
      JsonValue unused = ask("end the adoption of bucket " + bucket, "DELETE." + name(bucket), "");
    } catch (PersistenceException e) {
      if (!NatsFailures.isStreamMissing(e)) {
        log.warn(
            "The stream {} was left; another installation cannot adopt bucket {} until it is"
                + " removed (nats stream rm {}): {}",
            name(bucket),
            bucket,
            name(bucket),
            e.getMessage());
      }
    }
  }

  private static String name(String bucket) {
    return "ADOPTION_KV_" + bucket;
  }

  private static void pause(long until, PersistenceException refused) {
    if (System.nanoTime() - until >= 0) {
      throw refused;
    }
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw refused;
    }
  }

  private JsonValue ask(String what, String call, String body) {
    Message answer =
        link.ask(
            () -> what,
            API + call,
            null,
            body.getBytes(StandardCharsets.UTF_8),
            link.requestTimeout());
    try {
      new SuccessApiResponse(answer).throwOnHasError();
      return JsonParser.parse(answer.getData());
    } catch (JsonParseException | JetStreamApiException e) {
      throw link.failure(what, e);
    }
  }
}
