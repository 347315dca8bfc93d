package io.mistersmith.persistence.core.backup;

import io.mistersmith.persistence.backup.BackupTarget.Stored;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;

/** The last request of each write: it makes the object appear, and replaces none. Thread-safe. */
final class S3Writes {

  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;
  private static final int EXISTS = 412;
  private static final int FAILED = 500;
  private static final int NOT_IMPLEMENTED = 501;

  private final S3Target target;
  private final S3Client client;

  /** Whether the store is known not to know writes that are refused where an object exists. */
  private volatile boolean withoutConditions;

  S3Writes(S3Target target) {
    this.target = target;
    this.client = target.client();
  }

  /**
   * What was written in parts.
   *
   * @param size how many bytes the object has
   * @param from from where on the digest is; what is before was written by another attempt
   * @param sha256 the digest from there to the end
   */
  record Written(long size, long from, String sha256) {}

  /** Stores an object with one request. */
  void store(String path, byte[] bytes, String sha256) {
    String what = "write " + path;
    S3Call plain = S3Call.of("PUT", target.key(path)).header(S3Target.SHA256, sha256).body(bytes);
    S3Call call =
        target
            .storageClassOf(path)
            .map(name -> plain.header(S3Target.STORAGE_CLASS, name))
            .orElse(plain);
    Optional<HttpResponse<byte[]>> answer = sendNew(what, path, call);
    if (answer.isEmpty()) {
      requireSame(path, new Written(bytes.length, 0, sha256));
    } else if (answer.get().statusCode() / 100 != 2) {
      throw client.failure(what, answer.get());
    }
  }

  /** Makes an object of its parts. */
  void end(String path, String upload, byte[] parts, Written written) {
    String what = "complete " + path;
    S3Call call = S3Call.of("POST", target.key(path)).query("uploadId", upload).body(parts);
    Optional<HttpResponse<byte[]>> answer = sendNew(what, path, call);
    if (answer.isEmpty()) {
      requireSame(path, written);
      new S3Parts(client, target.key(path)).abort(upload);
      return;
    }
    int status = answer.get().statusCode();
    if (status == NOT_FOUND && target.find(path).isPresent()) {
      requireSame(path, written); // an earlier attempt succeeded, and its answer was lost
    } else if (status / 100 != 2) {
      throw client.failure(what, answer.get());
    } else {
      requireCompleted(what, answer.get().body());
    }
  }

  /** A store answers at once that it has begun, and in the body whether it has succeeded. */
  private void requireCompleted(String what, byte[] body) {
    S3Answer said;
    try {
      said = S3Answer.of(body);
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.OUTCOME_UNKNOWN, what + " at " + target + ": the answer is no XML", e);
    }
    if (said.isError()) {
      throw client.failure(what, FAILED, said.text("Code"));
    }
  }

  /**
   * Sends a write that the store refuses where the object exists. The object is looked for before,
   * too: some stores ignore the condition or do not know it. With those, two writers at the same
   * moment can replace each other's object.
   *
   * @return the answer; empty when the object exists
   */
  private Optional<HttpResponse<byte[]>> sendNew(String what, String path, S3Call call) {
    if (target.find(path).isPresent()) {
      return Optional.empty();
    }
    if (withoutConditions) {
      return Optional.of(client.send(what, call));
    }
    S3Call onlyNew = call.header("if-none-match", "*");
    HttpResponse<byte[]> answer = client.send(what, onlyNew);
    for (int again = 0; again < 3 && answer.statusCode() == CONFLICT; again++) {
      answer = client.send(what, onlyNew);
    }
    if (answer.statusCode() == NOT_IMPLEMENTED) {
      withoutConditions = true;
      return Optional.of(client.send(what, call));
    }
    return answer.statusCode() == EXISTS ? Optional.empty() : Optional.of(answer);
  }

  /** Fails unless the object that exists has this content. */
  private void requireSame(String path, Written written) {
    Stored stored =
        target
            .find(path)
            .orElseThrow(
                () ->
                    new TransientPersistenceException(
                        DataError.TRANSACTION_CONFLICT,
                        "write " + path + ": it existed, and was deleted; write it again"));
    boolean same = stored.size() == written.size();
    if (same && written.from() > 0) {
      throw new TransientPersistenceException(
          DataError.TRANSACTION_CONFLICT,
          "write " + path + ": somebody else wrote it meanwhile; write it again to compare them");
    }
    if (!same || !digestOf(path).equals(written.sha256())) {
      throw new NonTransientPersistenceException(
          DataError.DUPLICATE_KEY,
          "write " + path + " at " + target + ": it exists with other content, and is not changed");
    }
  }

  private String digestOf(String path) {
    MessageDigest digest = S3Digests.sha256();
    try (DigestInputStream content = new DigestInputStream(target.get(path, 0), digest)) {
      content.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, "read " + path + " at " + target + ": it broke off", e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
