package io.mistersmith.persistence.core.backup;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;

/** The typed failures of calls to an object store. */
final class S3Failures {

  private S3Failures() {}

  /**
   * Returns the failure for an answer.
   *
   * @param code the store's error code; empty where it gave none, as for a HEAD
   */
  static PersistenceException of(String what, int status, String code) {
    String said = what + ": status " + status + (code.isEmpty() ? "" : ", S3 error " + code);
    return switch (code) {
      case "NoSuchBucket" ->
          refused(DataError.MISCONFIGURED, said + "; create the bucket, or correct its name");
      case "NoSuchKey" -> refused(DataError.NOT_FOUND, said);
      case "RequestTimeTooSkewed" ->
          refused(DataError.MISCONFIGURED, said + "; set this machine's clock");
      case "AuthorizationHeaderMalformed",
          "PermanentRedirect",
          "IllegalLocationConstraintException" ->
          refused(DataError.MISCONFIGURED, said + "; give the bucket's own region and endpoint");
      case "InvalidStorageClass" ->
          refused(
              DataError.MISCONFIGURED, said + "; this store has no such storage class, give none");
      case "InvalidObjectState" ->
          refused(
              DataError.UNAVAILABLE,
              said + "; the object is archived: have the store restore it first");
      case "XAmzContentSHA256Mismatch", "BadDigest", "IncompleteBody" ->
          again(DataError.UNAVAILABLE, said + "; what was sent did not arrive as it is");
      case "QuotaExceeded", "XMinioStorageFull" ->
          refused(DataError.STORE_FULL, said + "; raise the quota, or prune backups");
      case "ConditionalRequestConflict", "OperationAborted" ->
          again(DataError.TRANSACTION_CONFLICT, said + "; another call writes the same object");
      default -> ofStatus(status, said);
    };
  }

  private static PersistenceException ofStatus(int status, String said) {
    return switch (status) {
      case 401, 403 ->
          refused(
              DataError.ACCESS_DENIED,
              said + "; check the keys, and that their user may do that in the bucket");
      case 404 -> refused(DataError.NOT_FOUND, said);
      case 301, 302, 307, 308 ->
          refused(DataError.MISCONFIGURED, said + "; give the bucket's own region and endpoint");
      case 507 -> refused(DataError.STORE_FULL, said + "; raise the quota, or prune backups");
      case 408, 409, 429 -> again(DataError.UNAVAILABLE, said);
      default ->
          status >= 500
              ? again(DataError.UNAVAILABLE, said)
              : refused(DataError.MISCONFIGURED, said);
    };
  }

  private static PersistenceException refused(DataError error, String message) {
    return new NonTransientPersistenceException(error, message);
  }

  private static PersistenceException again(DataError error, String message) {
    return new TransientPersistenceException(error, message);
  }
}
