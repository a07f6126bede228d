<?php
// An order system beside ShopComm, in PHP 8 with pdo_pgsql (Debian: php-cli, php-pgsql).
// SYNC_DSN is `pgsql:host=…;port=…;dbname=…`, SYNC_USER and SYNC_PASSWORD are in the URL of `manage.py create_sync_role`.

$line = new PDO(getenv('SYNC_DSN'), getenv('SYNC_USER'), getenv('SYNC_PASSWORD') ?: null, [
    PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
    PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
]);

// Tell ShopComm of an order. The same message id again changes nothing, so it may be repeated after any error.
function put_order(PDO $line, string $message_id, array $order): void
{
    $put = $line->prepare('SELECT sync.put(:message_id, :body)');
    $put->execute(['message_id' => $message_id, 'body' => json_encode($order, JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR)]);
}

// Your part. It may see a message twice, when it was killed before the acknowledgement: remember the message id.
function handle(string $message_id, string $type, array $body): void
{
    echo "$message_id $type ", $body['data']['number'] ?? '', "\n";
}

// Take, handle and acknowledge until nothing waits. Of each order one row at a time, in order.
function take_all(PDO $line): void
{
    $take = $line->prepare('SELECT claim, id, message_id, type, body FROM sync.take(:most, :seconds)');
    $ack = $line->prepare('SELECT sync.ack(:claim, :ids)');
    $fail = $line->prepare('SELECT sync.fail(:claim, :id, :reason)');
    while (true) {
        $take->execute(['most' => 100, 'seconds' => 60]);
        $rows = $take->fetchAll();
        if (!$rows) {
            return;
        }
        $done = [];
        foreach ($rows as $row) {
            try {
                // Numbers beyond 2^53 are text already.
                handle($row['message_id'], $row['type'], json_decode($row['body'], true, 512, JSON_THROW_ON_ERROR));
                $done[] = $row['id'];
            } catch (Throwable $error) {
                $fail->execute(['claim' => $row['claim'], 'id' => $row['id'], 'reason' => $error->getMessage()]);
            }
        }
        $ack->execute(['claim' => $rows[0]['claim'], 'ids' => '{' . implode(',', $done) . '}']);
    }
}

if (($argv[1] ?? '') === 'put') {
    put_order($line, $argv[2], json_decode($argv[3], true, 512, JSON_THROW_ON_ERROR | JSON_BIGINT_AS_STRING));
    exit;
}
$line->exec('LISTEN "' . getenv('SYNC_USER') . '"');
do {
    take_all($line);
    // Until ShopComm says that there is more; after five seconds anyway, should that be lost.
    $line->pgsqlGetNotify(PDO::FETCH_ASSOC, 5000);
} while (($argv[1] ?? '') !== 'once');
