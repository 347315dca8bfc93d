/** Sessions of users and agents: tokens, sliding expiry, and revocation in every process. */
@NullMarked
package io.mistersmith.persistence.session;

import org.jspecify.annotations.NullMarked;
