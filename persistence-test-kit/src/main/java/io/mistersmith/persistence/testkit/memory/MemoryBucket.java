package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.OtherInstallationException;
import io.mistersmith.persistence.error.PersistenceException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** One runtime's handle of a bucket; the stream behind it may be replaced at any time. */
record MemoryBucket(String name, Connection connection, InMemoryStores owner) {

  /** The stream, also while the hot store is down. */
  MemoryStream unchecked() {
    return owner.stream(name);
  }

  MemoryStream stream() {
    connection.checkHot();
    return owner.stream(name);
  }

  /** The stream, if it is not another installation's. */
  MemoryStream own() {
    MemoryStream stream = stream();
    requireOwn(stream);
    return stream;
  }

  void requireOwn(MemoryStream stream) {
    stream
        .installation()
        .filter(bears -> !bears.equals(connection.installation()))
        .ifPresent(
            theirs -> {
              throw OtherInstallationException.ofBucket(name, theirs, connection.installation());
            });
  }

  static <T> CompletableFuture<T> completed(Supplier<T> call) {
    try {
      return CompletableFuture.completedFuture(call.get());
    } catch (PersistenceException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
