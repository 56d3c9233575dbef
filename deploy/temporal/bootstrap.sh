#!/bin/sh
# Makes the namespace and its search attributes; repeating it changes nothing. The address comes
# from TEMPORAL_ADDRESS. Runs before the API, which names a search attribute when it starts a return.
set -eu

: "${TEMPORAL_ADDRESS:?}" "${TEMPORAL_NAMESPACE:?}"
: "${RETENTION:=720h}"

tries=60
until temporal operator cluster health; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || exit 1
    sleep 1
done

temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
    temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"

# A namespace that was just made is known to all parts of the server some seconds later.
tries=30
until temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || exit 1
    sleep 1
done

# Creating one that exists with the same type is no error.
temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
    --name TenantId --type Keyword \
    --name Headline --type Keyword \
    --name AuthorizationState --type Keyword \
    --name LogisticsState --type Keyword \
    --name SettlementState --type Keyword \
    --name OwnerRole --type Keyword \
    --name Tier --type Keyword \
    --name LocationId --type Keyword \
    --name BlockerCodes --type KeywordList \
    --name CarrierIds --type KeywordList \
    --name NextDeadline --type Datetime
