import { useState } from 'react';

type Props = { items: string[] };

export function Cart({ items }: Props): JSX.Element {
  const [open, setOpen] = useState(false);
  const toggle = () => {
    setOpen(!open);
  };
  return (
    <ul onClick={toggle}>
      {items.map((item) => <li key={item}>{item}</li>)}
    </ul>
  );
}

export const Empty = (): JSX.Element => (
  <p>
    Nothing
    here
    yet
  </p>
);
