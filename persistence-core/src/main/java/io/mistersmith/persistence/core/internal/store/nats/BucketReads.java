package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.MessagePlace;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.MessageInfo;
import io.nats.client.support.Encoding;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Gets the latest messages of keys: from any replica by a direct get, or from the leader. */
final class BucketReads implements HotReads {

  private static final int NO_MESSAGE_FOUND = 10037;
  private static final int NOT_FOUND = 404;
  private static final int PIPELINED = 256;

  private final NatsLink link;
  private final String bucket;
  private final StreamOwner owner;
  private final StreamSettings settings;
  private final String directGet;
  private final String leaderGet;
  private final String subjectPrefix;
  private final BatchGet batchGet;
  private final KeySubjects keySubjects;
  private final KeyListing listing;

  BucketReads(NatsLink link, BucketStream stream, StreamOwner owner, StreamSettings settings) {
    this.link = link;
    this.owner = owner;
    this.settings = settings;
    this.bucket = stream.bucket();
    this.directGet = "$JS.API.DIRECT.GET." + stream.stream() + ".";
    this.leaderGet = "$JS.API.STREAM.MSG.GET." + stream.stream();
    this.subjectPrefix = stream.subjectPrefix();
    this.batchGet = new BatchGet(link, stream);
    this.keySubjects = new KeySubjects(link, stream);
    this.listing = new KeyListing(link, stream, keySubjects, this::getPipelined);
  }

  @Override
  public String name() {
    return bucket;
  }

  @Override
  public boolean hasReplicas() {
    return settings.hasReplicas();
  }

  @Override
  public Duration maxAge() {
    return settings.maxAge();
  }

  /**
   * Asks twice when a leader has no entry: nats-server 2.15.1 answered this for a key that was
   * being overwritten, once in 49,000 reads, and a caller would take a live entry for absent.
   */
  @Override
  public Optional<HotEntry> get(StateKey key, ReadFrom from) {
    owner.requireOwnHere();
    Optional<HotEntry> found = getOnce(key, from);
    return found.isPresent() || from != ReadFrom.LEADER ? found : getOnce(key, from);
  }

  private Optional<HotEntry> getOnce(StateKey key, ReadFrom from) {
    return entry(
        key,
        from,
        link.ask(
            () -> what(key), api(key, from), null, question(key, from), link.requestTimeout()));
  }

  private String api(StateKey key, ReadFrom from) {
    return from == ReadFrom.LEADER ? leaderGet : directGet + subject(key);
  }

  private byte[] question(StateKey key, ReadFrom from) {
    return from == ReadFrom.LEADER ? lastBySubject(subject(key)) : Entries.NO_VALUE;
  }

  private String subject(StateKey key) {
    return subjectPrefix + KeyEncoding.encode(key);
  }

  @Override
  public CompletableFuture<Optional<HotEntry>> getAsync(StateKey key, ReadFrom from) {
    try {
      owner.requireOwn();
    } catch (PersistenceException e) {
      return CompletableFuture.failedFuture(e);
    }
    return getAsync(key, from, link.requestTimeout());
  }

  /** Also asks a bucket of another installation. */
  CompletableFuture<Optional<HotEntry>> getAsync(StateKey key, ReadFrom from, Duration timeout) {
    CompletableFuture<Message> answer =
        link.request(api(key, from), null, question(key, from), timeout);
    CompletableFuture<Optional<HotEntry>> result = new CompletableFuture<>();
    Replies.deliver(
        answer,
        message -> {
          try {
            result.complete(entry(key, from, message));
          } catch (PersistenceException e) {
            result.completeExceptionally(e);
          }
        },
        failure -> result.completeExceptionally(link.failure(what(key), failure)));
    return result;
  }

  @Override
  public Map<StateKey, HotEntry> getAll(Collection<StateKey> keys, ReadFrom from) {
    owner.requireOwnHere();
    if (keys.isEmpty()) {
      return Map.of();
    }
    return from == ReadFrom.ANY_REPLICA && link.capabilities().batchGet()
        ? batchGet.getAll(keys).messages()
        : getPipelined(keys, from);
  }

  @Override
  public Together getTogether(Collection<StateKey> keys) {
    if (keys.isEmpty() || !link.capabilities().batchGet()) {
      return new Together(getAll(keys, ReadFrom.ANY_REPLICA), keys.size() <= 1);
    }
    owner.requireOwnHere();
    return batchGet.getAll(keys);
  }

  private Map<StateKey, HotEntry> getPipelined(Collection<StateKey> keys, ReadFrom from) {
    String what = "get " + keys.size() + " keys of bucket " + bucket;
    long deadline = System.nanoTime() + link.requestTimeout().toNanos();
    Map<StateKey, HotEntry> found = new HashMap<>();
    ArrayDeque<CompletableFuture<Optional<HotEntry>>> pending = new ArrayDeque<>();
    for (StateKey key : keys) {
      if (pending.size() == PIPELINED) {
        link.await(() -> what, pending.remove()).ifPresent(entry -> found.put(entry.key(), entry));
      }
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw NatsFailures.late(what, "only " + found.size() + " came in time");
      }
      pending.add(getAsync(key, from, Duration.ofNanos(left)));
    }
    for (CompletableFuture<Optional<HotEntry>> answer : pending) {
      link.await(() -> what, answer).ifPresent(entry -> found.put(entry.key(), entry));
    }
    return found;
  }

  private Optional<HotEntry> entry(StateKey key, ReadFrom from, Message answer) {
    try {
      return from == ReadFrom.LEADER ? ofLeader(key, answer) : ofDirect(key, answer);
    } catch (JetStreamApiException | JsonParseException | RuntimeException e) {
      throw link.failure(what(key), e);
    }
  }

  private Optional<HotEntry> ofDirect(StateKey key, Message answer) {
    if (!answer.isStatusMessage()) {
      return Optional.of(Entries.ofDirect(key, subject(key), answer));
    }
    if (answer.getStatus().getCode() == NOT_FOUND) {
      return Optional.empty();
    }
    throw NatsFailures.unavailable(what(key), answer.getStatus().getMessageWithCode());
  }

  private Optional<HotEntry> ofLeader(StateKey key, Message answer)
      throws JetStreamApiException, JsonParseException {
    return message(what(key), answer).map(message -> Entries.ofLeader(key, subject(key), message));
  }

  /** The message in an answer of the leader. */
  static Optional<JsonValue> message(String what, Message answer)
      throws JetStreamApiException, JsonParseException {
    JsonValue json = JsonParser.parse(answer.getData());
    JsonValue message = JsonValueUtils.readValue(json, "message");
    if (message != null) {
      return Optional.of(message);
    }
    MessageInfo info = new MessageInfo(answer, null, false);
    if (info.getApiErrorCode() == NO_MESSAGE_FOUND) {
      return Optional.empty();
    }
    info.throwOnHasError();
    throw NatsFailures.unreachable(what, "an answer without message and error");
  }

  @Override
  public Optional<MessagePlace> latest(AgentId agent) {
    owner.requireOwnHere();
    String filter = subjectPrefix + KeyEncoding.filter(agent, "");
    String what = "look for the latest message of " + agent + " in bucket " + bucket;
    Message answer =
        link.ask(() -> what, leaderGet, null, lastBySubject(filter), link.requestTimeout());
    try {
      return message(what, answer).map(message -> Entries.placeOf(what, message));
    } catch (JetStreamApiException | JsonParseException | RuntimeException e) {
      throw link.failure(what, e);
    }
  }

  @Override
  public Optional<HotEntry> latest(AgentId agent, String prefix) {
    owner.requireOwnHere();
    String filter = subjectPrefix + KeyEncoding.children(agent, prefix);
    String what = "look for the latest " + prefix + "* of " + agent + " in bucket " + bucket;
    Message answer =
        link.ask(() -> what, leaderGet, null, lastBySubject(filter), link.requestTimeout());
    try {
      return message(what, answer).flatMap(this::keyed);
    } catch (JetStreamApiException | JsonParseException | RuntimeException e) {
      throw link.failure(what, e);
    }
  }

  private Optional<HotEntry> keyed(JsonValue message) {
    String subject = JsonValueUtils.readString(message, "subject", "");
    return KeyEncoding.decode(subject.substring(Math.min(subject.length(), subjectPrefix.length())))
        .map(key -> Entries.ofLeader(key, subject, message));
  }

  @Override
  public List<HotEntry> list(AgentId agent, String prefix) {
    owner.requireOwnHere();
    return listing.list(agent, prefix);
  }

  @Override
  public CompletableFuture<Set<StateKey>> keysAsync(AgentId agent, String prefix) {
    try {
      owner.requireOwn();
    } catch (PersistenceException e) {
      return CompletableFuture.failedFuture(e);
    }
    return keySubjects.find(agent, prefix);
  }

  static byte[] lastBySubject(String subject) {
    return ("{\"last_by_subj\":\"" + Encoding.jsonEncode(subject) + "\"}")
        .getBytes(StandardCharsets.UTF_8);
  }

  private String what(StateKey key) {
    return "get " + key + " of bucket " + bucket;
  }
}
