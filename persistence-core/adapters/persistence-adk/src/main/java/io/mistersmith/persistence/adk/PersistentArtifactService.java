package io.mistersmith.persistence.adk;

import com.google.adk.artifacts.BaseArtifactService;
import com.google.adk.artifacts.ListArtifactsResponse;
import com.google.common.collect.ImmutableList;
import com.google.genai.types.Part;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.reactivex.rxjava3.core.Completable;
import io.reactivex.rxjava3.core.Maybe;
import io.reactivex.rxjava3.core.Single;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the artifacts of the Agent Development Kit in a {@link Persistence}, as large values.
 * Thread-safe; any number of processes may save one artifact at once, and each gets a version of
 * its own: 0, 1, 2 and so on.
 *
 * <p>An artifact whose name begins with {@code user:} belongs to the user, and is the same in all
 * sessions; any other one to the session. The size of a part is limited by {@code
 * PersistenceConfig.maxLargeValueBytes()}, a name by 255 characters.
 *
 * <p>Work begins when a result is subscribed to, on the thread that subscribes. Failures are
 * emitted as they are: {@link io.mistersmith.persistence.error.PersistenceException}s.
 */
public final class PersistentArtifactService implements BaseArtifactService {

  private static final String OF_USER = "user:";

  private final Artifacts artifacts;

  private PersistentArtifactService(Persistence persistence) {
    this.artifacts = new Artifacts(persistence);
  }

  /** Returns a service. It does not close {@code persistence}. */
  public static PersistentArtifactService of(Persistence persistence) {
    return new PersistentArtifactService(persistence);
  }

  private static AgentId owner(String app, String user, String session, String filename) {
    return filename.startsWith(OF_USER)
        ? Owners.user(app, user)
        : Owners.session(app, user, session);
  }

  @Override
  public Single<Integer> saveArtifact(
      String appName, String userId, String sessionId, String filename, Part artifact) {
    return Single.fromCallable(
        () -> artifacts.save(owner(appName, userId, sessionId, filename), filename, artifact));
  }

  /** Loads a version of an artifact; the latest one where {@code version} is null. */
  @Override
  public Maybe<Part> loadArtifact(
      String appName, String userId, String sessionId, String filename, @Nullable Integer version) {
    return Maybe.defer(
        () ->
            Maybe.fromOptional(
                artifacts.load(owner(appName, userId, sessionId, filename), filename, version)));
  }

  /** Lists the names of the session's artifacts, and of the user's. */
  @Override
  public Single<ListArtifactsResponse> listArtifactKeys(
      String appName, String userId, String sessionId) {
    return Single.fromCallable(
        () -> {
          List<String> names =
              new ArrayList<>(artifacts.names(Owners.session(appName, userId, sessionId)));
          names.addAll(artifacts.names(Owners.user(appName, userId)));
          return ListArtifactsResponse.builder().filenames(names).build();
        });
  }

  /** Deletes all versions of an artifact. Versions of a later one begin with 0 again. */
  @Override
  public Completable deleteArtifact(
      String appName, String userId, String sessionId, String filename) {
    return Completable.fromAction(
        () -> artifacts.delete(owner(appName, userId, sessionId, filename), filename));
  }

  @Override
  public Single<ImmutableList<Integer>> listVersions(
      String appName, String userId, String sessionId, String filename) {
    return Single.fromCallable(
        () -> {
          int count = artifacts.versions(owner(appName, userId, sessionId, filename), filename);
          return IntStream.range(0, count).boxed().collect(ImmutableList.toImmutableList());
        });
  }

  /** Deletes all artifacts of a session. */
  public Completable forgetSession(String appName, String userId, String sessionId) {
    return Completable.fromAction(
        () -> artifacts.deleteAll(Owners.session(appName, userId, sessionId)));
  }

  /**
   * Deletes the artifacts that belong to a user, and no session's: delete those by {@link
   * #forgetSession}.
   */
  public Completable forgetUser(String appName, String userId) {
    return Completable.fromAction(() -> artifacts.deleteAll(Owners.user(appName, userId)));
  }
}
