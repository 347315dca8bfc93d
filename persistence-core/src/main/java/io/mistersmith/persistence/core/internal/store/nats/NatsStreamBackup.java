package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.core.internal.backup.BackupReader;
import io.mistersmith.persistence.core.internal.backup.BackupWriter;
import io.mistersmith.persistence.core.internal.backup.RestoreStores.FoundStream;
import io.mistersmith.persistence.core.internal.backup.StreamBackup;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamInfo;
import io.nats.client.api.StreamState;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Saves and restores streams through the server's own snapshots. Thread-safe.
 *
 * <p>A snapshot of a stream that is written meanwhile can lack messages that evictions race with.
 * So the stream is read after its snapshot, and an index of what it still holds is saved beside it;
 * a restore compares the restored stream with the index, and removes it when it lacks anything.
 */
public final class NatsStreamBackup implements StreamBackup, AutoCloseable {

  private static final String SNAPSHOT = "snapshot";
  private static final String INDEX = "contents";
  private static final String MESSAGES = "messages";
  private static final String MEMORY_SNAPSHOTS = "2.15.0";

  private final NatsLink link;
  private final Notices notices = new Notices();

  /** What each writer already has: a backup that begins again goes on with the next file. */
  private final Map<BackupWriter, Map<String, StreamPart>> saved =
      Collections.synchronizedMap(new WeakHashMap<>());

  private NatsStreamBackup(NatsLink link) {
    this.link = link;
  }

  /**
   * Connects to the configured servers; needs no bucket, and makes none.
   *
   * @throws PersistenceException transient when no server answers within the connect timeout, not
   *     transient when the server refuses the credentials
   */
  public static NatsStreamBackup connect(NatsConfig config, String runtimeName, Services services) {
    return new NatsStreamBackup(NatsLink.open(config, runtimeName, services));
  }

  /** Returns the version of the server. */
  public String serverVersion() {
    return link.capabilities().version();
  }

  /** Returns whether there is a stream of this name. */
  public boolean exists(String stream) {
    return StreamApi.over(link).find(stream).isPresent();
  }

  /** Returns the names of an installation's streams, those of its buckets included. */
  public List<String> streamsOf(UUID installation) {
    return InstallationStreams.of(StreamApi.over(link), installation);
  }

  /** Returns a stream as it is; empty when it does not exist. */
  public Optional<FoundStream> look(String stream) {
    return StreamApi.over(link).find(stream).map(NatsStreamBackup::found);
  }

  private static FoundStream found(StreamInfo info) {
    Optional<RestoreMark> mark = RestoreMark.of(info.getConfiguration());
    return new FoundStream(
        mark.map(RestoreMark::at).orElseGet(() -> info.getCreateTime().toInstant()),
        mark.map(RestoreMark::backup),
        info.getStreamState().getLastSequence());
  }

  /** Returns a part whose stream bears the mark of a restore. */
  public static StreamPart marked(StreamPart part, String backup, Instant now) {
    try {
      return new StreamPart(
          part.stream(),
          new RestoreMark(now, backup).in(part.config()),
          part.state(),
          part.created(),
          part.firstSequence(),
          part.lastSequence(),
          part.messages(),
          part.bytes(),
          part.files(),
          part.contents());
    } catch (JsonParseException e) {
      throw damaged(part, "its configuration is no JSON", e);
    }
  }

  /** Returns sentences for an operator about streams that could not be saved as they are. */
  public List<String> notices() {
    return notices.all();
  }

  @Override
  public StreamPart snapshot(String stream, BackupWriter writer) {
    Map<String, StreamPart> done =
        saved.computeIfAbsent(writer, first -> new ConcurrentHashMap<>());
    StreamPart part = done.get(stream);
    if (part == null) {
      part = save(stream, writer);
      done.put(stream, part);
    }
    if (part.contents().isEmpty()) {
      part = withContents(part, writer);
      done.put(stream, part);
    }
    return part;
  }

  private StreamPart save(String stream, BackupWriter writer) {
    StreamApi api = StreamApi.over(link);
    StreamInfo info = api.find(stream).orElseThrow(() -> missing(stream));
    if (info.getConfiguration().getStorageType() == StorageType.Memory
        && !api.connection().getServerInfo().isSameOrNewerThanVersion(MEMORY_SNAPSHOTS)) {
      return byMessage(api, info, stream, writer);
    }
    // A bucket is read by cursors alone; other streams have consumers that know what was done.
    boolean consumers = !stream.startsWith("KV_");
    try (StreamSnapshot snapshot = StreamSnapshot.take(api, stream, consumers)) {
      StoredFile file = writer.write(path(stream, SNAPSHOT), snapshot::copyTo);
      if (!snapshot.isCopied()) {
        throw notOurs(file);
      }
      JsonValue state = snapshot.state();
      return part(stream, snapshot.config(), state, info.getCreateTime().toInstant(), file);
    }
  }

  private static StreamPart part(
      String stream, JsonValue config, JsonValue state, Instant created, StoredFile file) {
    return new StreamPart(
        stream,
        config.toJson(),
        state.toJson(),
        created,
        JsonValueUtils.readLong(state, "first_seq", 0),
        JsonValueUtils.readLong(state, "last_seq", 0),
        JsonValueUtils.readLong(state, "messages", 0),
        JsonValueUtils.readLong(state, "bytes", 0),
        List.of(file),
        Optional.empty());
  }

  private StreamPart byMessage(StreamApi api, StreamInfo info, String stream, BackupWriter writer) {
    notices.add(
        "Stream "
            + stream
            + " is in memory, and nats-server "
            + api.connection().getServerInfo().getVersion()
            + " makes no snapshot of such a stream (2.15 does): it is saved message by message."
            + " A restore gives its messages new sequences and times, and no consumers");
    StreamState state = info.getStreamState();
    JsonValue printed = api.ask("look at stream " + stream, "INFO." + stream, "");
    AtomicReference<@Nullable Contents> contents = new AtomicReference<>();
    StoredFile file =
        writer.write(
            path(stream, MESSAGES),
            out -> contents.set(new MessageCopy(api, stream).save(state.getLastSequence(), out)));
    Contents copied = contents.get();
    if (copied == null) {
      throw notOurs(file);
    }
    return new StreamPart(
        stream,
        JsonValueUtils.readValue(printed, "config").toJson(),
        JsonValueUtils.readValue(printed, "state").toJson(),
        info.getCreateTime().toInstant(),
        state.getFirstSequence(),
        state.getLastSequence(),
        copied.messages(),
        state.getByteCount(),
        List.of(file),
        Optional.of(copied));
  }

  /** Reads what the stream still holds of the snapshot, and saves the index of it. */
  private StreamPart withContents(StreamPart part, BackupWriter writer) {
    MessageScan scan = new MessageScan(StreamApi.over(link), part.stream());
    AtomicReference<@Nullable Contents> read = new AtomicReference<>();
    StoredFile index =
        writer.write(
            path(part.stream(), INDEX),
            out -> {
              ContentsIndex.Writer file = new ContentsIndex.Writer(out);
              ContentsDigest contents = new ContentsDigest();
              scan.upTo(
                  part.lastSequence(),
                  message -> {
                    file.add(message);
                    contents.add(message);
                  });
              file.end();
              read.set(contents.upTo(part.lastSequence()));
            });
    Contents held = read.get();
    if (held == null) {
      throw notOurs(index);
    }
    return new StreamPart(
        part.stream(),
        part.config(),
        part.state(),
        part.created(),
        part.firstSequence(),
        part.lastSequence(),
        part.messages(),
        part.bytes(),
        List.of(part.files().get(0), index),
        Optional.of(held));
  }

  @Override
  public void restore(StreamPart part, BackupReader reader) {
    String stream = part.stream();
    StreamApi api = StreamApi.over(link);
    if (api.find(stream).isPresent()) {
      throw StreamRestore.exists(stream);
    }
    String config = config(part);
    StoredFile file =
        fileOf(part, SNAPSHOT)
            .or(() -> fileOf(part, MESSAGES))
            .orElseThrow(() -> damaged(part, "it has no snapshot", null));
    try {
      if (file.path().endsWith("/" + MESSAGES)) {
        MessageCopy copy = new MessageCopy(api, stream);
        copy.create(config);
        wholeOrNothing(stream, () -> reader.read(file, copy::restore));
      } else {
        StreamRestore restore = new StreamRestore(api, stream);
        reader.read(file, content -> restore.run(part, config, content));
        wholeOrNothing(stream, () -> compare(api, part, reader));
      }
    } catch (IOException e) {
      throw damaged(part, String.valueOf(e.getMessage()), e);
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  /** Removes the stream, which was made just before, when the step fails. */
  private void wholeOrNothing(String stream, Step step) throws IOException {
    boolean whole = false;
    try {
      step.run();
      whole = true;
    } finally {
      if (!whole) {
        remove(stream);
      }
    }
  }

  private static void compare(StreamApi api, StreamPart part, BackupReader reader)
      throws IOException {
    long last =
        api.find(part.stream()).map(info -> info.getStreamState().getLastSequence()).orElse(0L);
    if (last < part.lastSequence()) {
      throw damaged(
          part, "its snapshot ends at sequence " + last + ", not at " + part.lastSequence(), null);
    }
    Optional<StoredFile> index = fileOf(part, INDEX);
    if (index.isEmpty()) {
      return;
    }
    reader.read(index.get(), content -> compare(api, part, content));
  }

  private static void compare(StreamApi api, StreamPart part, InputStream index)
      throws IOException {
    ContentsIndex.Comparison comparison = new ContentsIndex.Comparison(index);
    new MessageScan(api, part.stream()).upTo(part.lastSequence(), comparison::add);
    comparison.end();
    String differences = comparison.differences();
    if (!differences.isEmpty()) {
      throw damaged(part, differences, null);
    }
  }

  /** Removes what a restore that failed has made; leaves the failure as it is. */
  private void remove(String stream) {
    try {
      StreamApi api = StreamApi.over(link);
      if (api.find(stream).isPresent()) {
        var unused = api.ask("remove what was restored of " + stream, "DELETE." + stream, "");
      }
    } catch (PersistenceException e) {
      notices.add(
          "Stream "
              + stream
              + " was restored in part and could not be removed ("
              + e.getMessage()
              + "). Run: nats stream rm "
              + stream);
    }
  }

  /** The configuration for this server: one that is no cluster takes no replicas. */
  private String config(StreamPart part) {
    try {
      JsonValue config = JsonParser.parse(part.config().getBytes(StandardCharsets.UTF_8));
      if (link.capabilities().clustered()
          || JsonValueUtils.readInteger(config, "num_replicas", 1) <= 1) {
        return part.config();
      }
      notices.add(
          "The server is no cluster: stream " + part.stream() + " is restored without replicas");
      Map<String, JsonValue> single = new HashMap<>(config.map);
      single.put("num_replicas", new JsonValue(1));
      return new JsonValue(single).toJson();
    } catch (JsonParseException e) {
      throw damaged(part, "its configuration is no JSON", e);
    }
  }

  @Override
  public Contents contents(String stream, long upTo) {
    ContentsDigest contents = new ContentsDigest();
    try {
      new MessageScan(StreamApi.over(link), stream).upTo(upTo, contents::add);
    } catch (IOException e) {
      throw link.failure("read stream " + stream, e);
    }
    return contents.upTo(upTo);
  }

  private static String path(String stream, String file) {
    return "streams/" + stream + "/" + file;
  }

  private static Optional<StoredFile> fileOf(StreamPart part, String name) {
    return part.files().stream().filter(file -> file.path().endsWith("/" + name)).findFirst();
  }

  private static NonTransientPersistenceException missing(String stream) {
    return new NonTransientPersistenceException(
        DataError.NOT_FOUND, "make a snapshot of stream " + stream + ": it does not exist");
  }

  private static NonTransientPersistenceException notOurs(StoredFile file) {
    return new NonTransientPersistenceException(
        DataError.DUPLICATE_KEY,
        file.path() + " was written by another process or run; begin a new backup");
  }

  private static NonTransientPersistenceException damaged(
      StreamPart part, String why, @Nullable Throwable cause) {
    String message = "restore stream " + part.stream() + ": the backup is damaged, " + why;
    return cause == null
        ? new NonTransientPersistenceException(DataError.DATA_CORRUPTION, message)
        : new NonTransientPersistenceException(DataError.DATA_CORRUPTION, message, cause);
  }

  @Override
  public void close() {
    link.close();
  }
}
