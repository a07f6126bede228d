INSERT INTO accounts_customer (name, phone, phone_tail, company, source, tier, external_id, note, credit_limit,
    created_at, email, tags, language, time_zone, is_active)
SELECT '批发' || n, '+8615' || lpad(n::text, 9, '0'), right(lpad(n::text, 9, '0'), 4), '', 'wechat', 'retail', '', '', 0,
    now(), '', '[]', '', '', true
FROM generate_series(1, {count} / 4) n;

INSERT INTO orders_order (number, customer_id, status, status_before, version, source, urgent, note, receiver_name,
    receiver_phone, province, city, district, street, currency, goods_total, discount, shipping_fee, total,
    paid_amount, refunded_amount, hold_reason, shortage, acknowledged_version, placed_at, updated_at,
    difference_refunded)
SELECT 'DRAIN-' || lpad(n::text, 7, '0'), c.low + n % ({count} / 4), 'paid', '', 1, 'wechat', false, '', '吴丽华',
    '+8613800138000', '广东省', '广州市', '白云区', '机场路 88 号', 'CNY', 398, 0, 0, 398, 398, 0, '', false, 1, now(), now(), 0
FROM generate_series(1, {count}) n, (SELECT min(id) AS low FROM accounts_customer WHERE name = '批发1') c;

INSERT INTO messaging_conversation (subject, last_seq, last_public_seq, last_customer_seq, last_shop_seq, created_at,
    customer_id, order_id, kind, general)
SELECT '', 0, 0, 0, 0, now(), customer_id, id, 'order', false FROM orders_order WHERE number LIKE 'DRAIN-%';

ANALYZE accounts_customer;
ANALYZE orders_order;
ANALYZE messaging_conversation;
